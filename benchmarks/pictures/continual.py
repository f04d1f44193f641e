"""What the streams of the continual study look like."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing


def regression_tasks(task: Any, draw: Any) -> Any:
    """Training points of the functions, in the order in which they are learned."""
    x, y, weight = draw(lambda key: (lambda w: (w.x, w.y, w.weight))(task.sample(key)))
    number = np.broadcast_to(np.arange(len(x))[:, None] + 1, x.shape)[weight > 0]
    chart = drawing.base(drawing.rows(x=x[weight > 0], y=y[weight > 0], task=number)).mark_circle(size=18)
    return chart.encode(x="x:Q", y="y:Q", color=alt.Color("task:O", title="task")).properties(width=420, height=220)


def gaussian_classes(task: Any, draw: Any) -> Any:
    """Training points on the two main directions of all class means, task by task."""
    train, means, rotation = draw(lambda key: (lambda w: (w.train, w.means, w.rotation))(task.sample(key)))
    t, n, d = train.shape
    _, flat = drawing.flat(means @ rotation, train.reshape(-1, d))
    names = [f"task {i + 1}" for i in range(t)]
    label = np.tile(np.arange(n) // task.points, t)
    data = drawing.rows(x=flat[:, 0], y=flat[:, 1], task=np.repeat(names, n), label=label)
    chart = drawing.base(data).mark_circle(size=10)
    color = alt.Color("label:N", title="class of the task", legend=alt.Legend(orient="bottom"))
    axes = {"x": alt.X(**drawing.bare("x")), "y": alt.Y(**drawing.bare("y"))}
    return drawing.panels(chart.encode(**axes, color=color), "task", names, columns=5, side=110)


def separable_tasks(task: Any, draw: Any) -> Any:
    """How far sequential projection is from the joint solution, visit by visit; colour: the task visited."""
    path, best, order = draw(lambda key: (lambda w: (w.path, w.best, w.order))(task.sample(key)))
    apart = np.linalg.norm(path - best, axis=1)
    data = drawing.rows(visit=np.arange(len(path)) + 1, distance=apart, task=order + 1)
    chart = drawing.base(data).mark_circle(size=40)
    y = alt.Y("distance:Q", title="distance to w*", scale=alt.Scale(zero=False))
    return chart.encode(x="visit:Q", y=y, color=alt.Color("task:O", title="task")).properties(width=420, height=200)


def link_load_drift(task: Any, draw: Any) -> Any:
    """Four links that the failure at hour 480 shifts most, and four that it shifts least; deployment starts at 432."""
    load, shift = draw(lambda key: (lambda w: (w.load, w.shift))(task.sample(key)))
    order = np.argsort(-shift)
    chosen = np.concatenate([order[:4], order[-4:]])
    names = [f"link {i + 1}" for i in chosen]
    hours = np.arange(384, 576)
    data = drawing.rows(
        hour=np.tile(hours, len(chosen)), load=load[chosen][:, hours].ravel(), link=np.repeat(names, len(hours))
    )
    chart = drawing.base(data).mark_line(strokeWidth=1).encode(x="hour:Q", y=alt.Y("load:Q", title="load, in sd"))
    chart = chart.encode(x=alt.X("hour:Q", scale=alt.Scale(zero=False)))
    return drawing.panels(chart, "link", names, columns=4, side=130)


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
