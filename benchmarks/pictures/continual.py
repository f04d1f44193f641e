"""What the streams look like."""

from typing import Any

import altair as alt
import numpy as np

from toybench.report import drawing


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
