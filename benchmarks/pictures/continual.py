"""What a stream of permuted tasks, a session of new classes and a table of settings look like."""

from typing import Any

import altair as alt
import numpy as np

from toybench.report import drawing


def permuted_stream(task: Any, draw: Any) -> Any:
    """How often each input is on in each of the first tasks; the rows are permutations of one another where inputs are
    permuted."""
    x = draw(lambda key: task.sample(key).x)
    shown = x.reshape(task.tasks, -1, task.inputs).mean(1)[:12]
    row, column = np.indices(shown.shape)
    rows = drawing.rows(task=row.ravel() + 1, input=column.ravel() + 1, on=shown.ravel())
    return (
        drawing.base(rows)
        .mark_rect()
        .encode(
            x=alt.X("input:O", axis=alt.Axis(labels=False, ticks=False)),
            y=alt.Y("task:O"),
            color=alt.Color("on:Q", title="share of ones"),
        )
    )


def class_incremental(task: Any, draw: Any) -> Any:
    """A fifth of the training examples on the two main directions of their inputs; colours are sessions, so classes of
    a session share theirs."""
    x, y = draw(lambda key: task.sample(key)[:2])
    flat = x.reshape(-1, task.inputs) - x.reshape(-1, task.inputs).mean(0)
    plane = flat @ np.linalg.svd(flat, full_matrices=False)[2][:2].T
    rows = drawing.rows(first=plane[:, 0], second=plane[:, 1], session=y.ravel() // task.fresh + 1)[::5]
    return drawing.base(rows).mark_circle(size=12).encode(x="first:Q", y="second:Q", color=alt.Color("session:N"))


def setting_selection(task: Any, draw: Any) -> Any:
    """Each setting's accuracy on the stream for tuning and in the evaluation table; colours are learners."""
    tuning, evaluation = draw(lambda key: task.sample(key).shown)
    rows = drawing.rows(
        tuning=tuning.ravel(),
        evaluation=evaluation.ravel(),
        learner=np.repeat(np.array(["er", "er_logit_adjust", "lwf_er", "der_pp"]), tuning.shape[1]),
    )
    scale = alt.Scale(zero=False)
    return (
        drawing.base(rows)
        .mark_circle()
        .encode(x=alt.X("tuning:Q", scale=scale), y=alt.Y("evaluation:Q", scale=scale), color="learner:N")
    )
