"""What the given sequences are worth, and how much better the best one is."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing
from toybench.tasks.sequence_design import likeliest

BINS = 30


def extrapolative_design(task: Any, draw: Any) -> Any:
    """Bars: values of the given sequences. Lines: the largest of them, what counts as beyond, and the best of all."""

    def parts(key: Any) -> Any:
        world = task.sample(key)
        return world.evidence.values, world.truth.value(likeliest(*world.truth)[None])

    values, best = (np.asarray(part) for part in draw(parts))
    counts, ends = np.histogram(values, BINS)
    bars = drawing.base(drawing.rows(value=(ends[:-1] + ends[1:]) / 2, sequences=counts)).mark_bar()
    beyond = values.max() + (values.max() - values.min()) / 10
    lines = drawing.rows(
        value=np.array([values.max(), beyond, best[0]]), line=["largest given", "beyond", "best of all"]
    )
    marks = drawing.base(lines).mark_rule(strokeWidth=2)
    return alt.layer(
        bars.encode(x=alt.X("value:Q"), y=alt.Y("sequences:Q")),
        marks.encode(x=alt.X("value:Q"), color=alt.Color("line:N", title=None)),
    ).properties(width=400, height=220)
