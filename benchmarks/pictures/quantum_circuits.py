"""What an optimiser of a circuit doesn't see."""

from typing import Any

import altair as alt
import jax.numpy as jnp
import numpy as np

from toybench.reporting import drawing
from toybench.tasks.quantum_circuits import losses

SIDE = 25  # circuits along an edge


def quantum_classifier(task: Any, draw: Any) -> Any:
    """Training loss over two of the thirty angles, around the start: every line parallel to an axis is a sine."""
    turns = np.linspace(-np.pi, np.pi, SIDE)
    moves = np.zeros((SIDE * SIDE, task.spec.angles))
    moves[:, 0] = np.repeat(turns, SIDE)
    moves[:, 1] = np.tile(turns, SIDE)

    def found(key: Any) -> Any:
        data = task.sample(key).data
        return losses(task.spec, data, data.start[None] + jnp.asarray(moves, data.start.dtype), key)

    values = draw(found)
    data = drawing.rows(first=moves[:, 0], second=moves[:, 1], loss=values)
    x = alt.X("first:O", title="first angle", axis=alt.Axis(labels=False, ticks=False))
    y = alt.Y("second:O", title="second angle", axis=alt.Axis(labels=False, ticks=False))
    return drawing.base(data).mark_rect().encode(x=x, y=y, color="loss:Q").properties(width=240, height=240)
