"""What is seen of each function, and what a learner may make of the rest."""

from typing import Any

import altair as alt
import numpy as np

from toybench.blocks import boolean
from toybench.reporting import drawing

CORNERS = ("1, 1", "1, -1", "-1, 1", "-1, -1")  # of the two bits of a pair


def unseen_domain(task: Any, draw: Any) -> Any:
    """Three functions of two bits that agree where the target is shown. Where both bits are -1 it never is: the target
    is 1 there, a copy of the nearest point is -1, and the function of least degree is -3."""
    values = {
        "target": (1, -1, -1, 1),
        "nearest neighbour": (1, -1, -1, -1),
        "least degree": (1, -1, -1, -3),
    }
    names = list(values)
    function, corner = np.indices((len(names), len(CORNERS))).reshape(2, -1)
    value = np.array([values[name] for name in names]).ravel()
    data = drawing.rows(
        function=np.array(names)[function],
        bits=np.array(CORNERS)[corner],
        value=value,
        shown=np.where(corner == len(CORNERS) - 1, "never", "in training"),
    )
    bars = drawing.base(data).mark_bar()
    return bars.encode(
        x=alt.X("bits:N", sort=list(CORNERS), axis=alt.Axis(labelAngle=0)),
        y=alt.Y("value:Q"),
        color=alt.Color("shown:N", title="shown"),
        column=alt.Column("function:N", sort=names, title=None),
    ).properties(width=150, height=150)


def frozen_bit(task: Any, draw: Any) -> Any:
    """Influences of the eight bits of one world: half the mean square error that is foretold where that bit is frozen.
    Two of them, somewhere among the others, are pointers."""
    target = draw(lambda key: task.sample(key).target)
    influence = np.asarray(boolean.influences(target))
    data = drawing.rows(bit=np.arange(len(influence)), influence=influence)
    bars = drawing.base(data).mark_bar()
    return bars.encode(x=alt.X("bit:O", axis=alt.Axis(labelAngle=0)), y=alt.Y("influence:Q")).properties(
        width=320, height=160
    )


def noisy_gates(task: Any, draw: Any) -> Any:
    """The training points of one world, and where the gate is open."""
    train = draw(lambda key: task.sample(key).train)
    x = np.asarray(train.x)
    gate = np.where(np.asarray(train.y) > 0.5, "open", "closed")
    points = drawing.base(drawing.rows(first=x[:, 0], second=x[:, 1], gate=gate)).mark_point()
    return points.encode(x=alt.X("first:Q"), y=alt.Y("second:Q"), color=alt.Color("gate:N")).properties(
        width=240, height=240
    )
