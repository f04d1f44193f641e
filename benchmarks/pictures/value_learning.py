"""Where the treasure lies, how gaps shrink along a chain, and how a pendulum is swung up."""

from typing import Any

import altair as alt
import jax
import numpy as np

from toybench.reporting import drawing
from toybench.tasks.value_learning import reward_scale as swinging

ENDS = ("left", "right")


def deep_sea(task: Any, draw: Any) -> Any:
    """Which of the two actions moves right, in every cell that can be reached; the treasure is at the lower right."""
    right = np.asarray(draw(lambda key: task.sample(key).right))
    row, column = np.indices(right.shape).reshape(2, -1)
    reachable = column <= row
    action = np.array(["action 0", "action 1"])[right.ravel()]
    data = drawing.rows(row=row[reachable], column=column[reachable], right=action[reachable])
    chart = drawing.base(data).mark_square(size=380, opacity=1)
    return chart.encode(
        x=alt.X("column:O"),
        y=alt.Y("row:O"),
        color=alt.Color("right:N", title="moves right", scale=alt.Scale(scheme="category10")),
    ).properties(width=260, height=260)


def multiscale_chain(task: Any, draw: Any) -> Any:
    """How much better the better of the two actions is, by cell of one chain."""
    optimal = np.asarray(draw(lambda key: task.sample(key).optimal))[0]
    gap = np.log10(np.abs(optimal[:, 1] - optimal[:, 0]))
    data = drawing.rows(cell=np.arange(len(gap)), gap=gap, best=np.array(ENDS)[optimal.argmax(-1)])
    chart = drawing.base(data).mark_point(filled=True, size=50)
    return chart.encode(
        x=alt.X("cell:Q"),
        y=alt.Y("gap:Q", title="log10 of the gap between the actions"),
        color=alt.Color("best:N", title="best action", scale=alt.Scale(scheme="category10")),
    ).properties(width=380, height=220)


def reward_scale(task: Any, draw: Any) -> Any:
    """Height of one pendulum over an episode, swung up by dynamic programming and left alone."""

    def heights(key: Any) -> Any:
        world = task.sample(key)

        def course(learner: Any) -> Any:
            def play(now: Any, _: None) -> Any:
                after = swinging.swing(now, learner.greedy(swinging.observe(now)))
                return after, swinging.lift(after)[0]

            return jax.lax.scan(play, world.test, None, length=swinging.LENGTH)[1]

        return course(task.oracle(world)), course(task.floor(world))

    planned, idle = draw(heights)
    steps = np.arange(1, swinging.LENGTH + 1)
    data = drawing.rows(
        step=np.tile(steps, 2),
        height=np.concatenate([planned, idle]),
        torque=np.repeat(["planned", "none"], len(steps)),
    )
    return (
        drawing.base(data)
        .mark_line()
        .encode(
            x=alt.X("step:Q"),
            y=alt.Y("height:Q"),
            color=alt.Color("torque:N", scale=alt.Scale(scheme="category10")),
        )
        .properties(width=380, height=200)
    )
