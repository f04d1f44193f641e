"""Four states of a context, and the state that follows."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing

SHOWN = 12  # contexts of a circling point
FORKS = 150  # next states of a leaping one


def next_state(task: Any, draw: Any) -> Any:
    """Lines: the states of a context. Points: the state that follows. On the left the water is rough."""
    world = draw(task.sample)
    before = np.asarray(world.contexts.states)[:SHOWN]
    whole = np.concatenate([before, np.asarray(world.after)[:SHOWN, None]], axis=1)
    number = np.repeat(np.arange(SHOWN), whole.shape[1])
    order = np.tile(np.arange(whole.shape[1]), SHOWN)
    rows = drawing.rows(x=whole[..., 0].ravel(), y=whole[..., 1].ravel(), context=number, order=order)
    base = drawing.base(rows).encode(x=alt.X("x:Q"), y=alt.Y("y:Q"), detail="context:N")
    line = base.mark_line(opacity=0.6).encode(order="order:Q")
    end = base.transform_filter(alt.datum.order == whole.shape[1] - 1).mark_circle(size=50, opacity=1)
    return (line + end).properties(width=300, height=300)


def forked_state(task: Any, draw: Any) -> Any:
    """Next states, turned so that the last state lies to the right: two futures, and nothing between."""
    world = draw(task.sample)
    here = np.asarray(world.contexts.states)[:FORKS, -1]
    after = np.asarray(world.after)[:FORKS]
    angle = np.arctan2(here[:, 1], here[:, 0])
    across = np.cos(angle) * after[:, 0] + np.sin(angle) * after[:, 1]
    upwards = np.cos(angle) * after[:, 1] - np.sin(angle) * after[:, 0]
    rows = drawing.rows(x=across, y=upwards)
    return (
        drawing.base(rows)
        .mark_circle(opacity=0.6)
        .encode(x=alt.X("x:Q"), y=alt.Y("y:Q"))
        .properties(width=300, height=300)
    )
