"""What the labelled worlds look like: true points by their condition."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing

SHOWN = 60  # points of a condition


def conditional_planar(task: Any, draw: Any) -> Any:
    """True points, one panel a label (or a range of values); grey: where the samples start."""
    truth, start = draw(lambda key: (task.sample(key).truth, task.sample(key).start))
    groups = len(truth)
    some = np.linspace(0, truth.shape[1] - 1, SHOWN).astype(int)
    group = np.repeat(np.arange(groups), SHOWN)
    kinds = ("start", "data")
    clouds = [
        drawing.rows(x=p[..., 0].ravel(), y=p[..., 1].ravel(), condition=group)
        for p in (start[:, some], truth[:, some])
    ]
    rows = [{**row, "kind": kind} for kind, cloud in zip(kinds, clouds, strict=True) for row in cloud]
    return drawing.panels(_scatter(rows), "condition", range(groups))


def forget_class(task: Any, draw: Any) -> Any:
    """Samples of the exact model by label; label 0 is to be forgotten."""
    truth = draw(lambda key: task.sample(key).truth)[:, :SHOWN]
    label = np.repeat(np.arange(len(truth)), SHOWN)
    rows = drawing.rows(x=truth[..., 0].ravel(), y=truth[..., 1].ravel(), condition=label)
    return _scatter([{**row, "kind": "forbidden" if row["condition"] == 0 else "kept"} for row in rows])


def _scatter(rows: list[dict[str, Any]]) -> Any:
    return (
        drawing.base(rows)
        .mark_circle(size=14, opacity=0.6)
        .encode(x=alt.X("x:Q", title=""), y=alt.Y("y:Q", title=""), color=alt.Color("kind:N", title=""))
    )
