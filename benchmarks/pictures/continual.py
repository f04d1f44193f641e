"""What the streams of the continual study look like."""

from typing import Any

import altair as alt
import numpy as np

from toybench.report import drawing


def pretrained_incremental(task: Any, draw: Any) -> Any:
    """Which class comes in which phase, and how many examples of it."""
    data = draw(lambda key: task.sample(key).data)
    return _phases(np.asarray(data.y), np.asarray(data.weight))


def ridge_equality(task: Any, draw: Any) -> Any:
    """Which class comes in which phase, and how many examples of it: classes come back."""
    return pretrained_incremental(task, draw)


def few_shot_incremental(task: Any, draw: Any) -> Any:
    """Which class comes in which session, and how many examples of it: many of base classes, few of novel ones."""
    return pretrained_incremental(task, draw)


def rotated_tasks(task: Any, draw: Any) -> Any:
    """Two coordinates of the inputs of three tasks, by class: each task has clusters and a rotation of its own."""
    data = draw(lambda key: task.sample(key).data)
    x, y = np.asarray(data.x)[:3, :200], np.asarray(data.y)[:3, :200]
    rows = drawing.rows(
        first=x[..., 0].ravel(),
        second=x[..., 1].ravel(),
        label=y.ravel().astype(str),
        task=np.repeat([f"task {t}" for t in range(3)], 200),
    )
    marks = drawing.base(rows).mark_circle(size=14).encode(x="first:Q", y="second:Q", color="label:N", column="task:N")
    return marks.properties(width=180, height=180)


def _phases(y: np.ndarray, weight: np.ndarray) -> Any:
    many = np.stack([np.bincount(label, w, minlength=20) for label, w in zip(y, weight, strict=True)])
    phase, label = np.nonzero(many)
    rows = drawing.rows(phase=phase, label=label, examples=many[phase, label])
    size = alt.Size("examples:Q", legend=alt.Legend(orient="bottom"))
    return drawing.base(rows).mark_circle().encode(x="phase:O", y=alt.Y("label:O", title="class"), size=size)
