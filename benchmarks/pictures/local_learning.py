"""The clusters, the systems and the graphs, and what tasks on them hold against one another."""

import itertools
from typing import Any

import altair as alt
import jax
import numpy as np

from toybench.reporting import drawing
from toybench.tasks.local_learning import HIDDEN, Layer, gradient
from toybench.tasks.local_learning._mixture import proximal_point


def prototype_mixture(task: Any, draw: Any) -> Any:
    """Six hundred points on two of sixteen axes, by class. On no pair of axes do the classes part."""
    x, y = draw(lambda key: (lambda test: (test.x[:600], test.y[:600]))(task.sample(key).test))
    data = drawing.rows(x1=x[:, 0], x2=x[:, 1], label=[f"class {c + 1}" for c in y])
    chart = drawing.base(data).mark_circle(size=26, opacity=0.8)
    return chart.encode(x="x1:Q", y="x2:Q", color=alt.Color("label:N", title=None)).properties(width=340, height=300)


def prototype_alignment(task: Any, draw: Any) -> Any:
    """How long the loss gradient of each layer is at the start."""
    gradients = draw(lambda key: gradient(task.spec, _network(task), task.points(task.sample(key).centres, key, 512)))
    sizes = [float(np.sqrt((np.asarray(layer.w) ** 2).mean())) for layer in gradients]
    chart = drawing.base(drawing.rows(layer=np.arange(1, len(sizes) + 1), size=sizes)).mark_bar()
    return chart.encode(x="layer:O", y=alt.Y("size:Q", title="gradient of a weight, root mean square")).properties(
        width=340, height=220
    )


def input_modulation(task: Any, draw: Any) -> Any:
    """A hundred points on two axes, and where a random error of size one sends them."""
    x, shift = draw(
        lambda key: (task.sample(key).test.x[:100], 0.73 * jax.random.uniform(key, (100, 16), minval=-0.3, maxval=0.3))
    )
    data = drawing.rows(x=x[:, 0], y=x[:, 1], x2=x[:, 0] + shift[:, 0], y2=x[:, 1] + shift[:, 1])
    ends = drawing.base(data).mark_circle(size=22).encode(x=alt.X("x:Q", title="x1"), y=alt.Y("y:Q", title="x2"))
    return (drawing.base(data).mark_rule().encode(x="x:Q", y="y:Q", x2="x2:Q", y2="y2:Q") + ends).properties(
        width=340, height=300
    )


def gradient_estimate(task: Any, draw: Any) -> Any:
    """The gradient's 340 coordinates, by size: what a random direction has to find."""
    exact = draw(lambda key: gradient(task.spec, _network(task), task.sample(key).test))
    flat = np.sort(np.abs(np.concatenate([np.ravel(v) for layer in exact for v in layer])))[::-1]
    chart = drawing.base(drawing.rows(rank=np.arange(1, len(flat) + 1), size=flat)).mark_line()
    return chart.encode(x="rank:Q", y=alt.Y("size:Q", title="|gradient|")).properties(width=340, height=220)


def implicit_step(task: Any, draw: Any) -> Any:
    """One point's gradient step and implicit step at the start, by coordinate: near one another, not equal."""

    def steps(key: Any) -> Any:
        weights, point = _network(task), jax.tree.map(lambda v: v[:1], task.sample(key).test)
        there = proximal_point(task.spec, weights, point, task.implicit_lr)
        return gradient(task.spec, weights, point)[1].w, weights[1].w - there[1].w

    explicit, implicit = (np.ravel(v) for v in draw(steps))
    chart = drawing.base(drawing.rows(explicit=explicit, implicit=implicit)).mark_circle(size=16, opacity=0.6)
    return chart.encode(
        x=alt.X("explicit:Q", title="gradient"), y=alt.Y("implicit:Q", title="implicit step, reversed")
    ).properties(width=320, height=300)


def triangular_solve(task: Any, draw: Any) -> Any:
    """Error of every state after rounds of re-evaluating all states at once; darker is larger."""

    def errors(key: Any) -> Any:
        world = task.sample(key)
        after = jax.lax.scan(lambda s, _: (world.equations(s), s), jax.numpy.zeros_like(world.exact), None, length=64)[
            1
        ]
        return jax.numpy.log10(jax.numpy.linalg.norm(after - world.exact[None], axis=2) + 1e-7)

    size = np.asarray(draw(errors))[::4, ::2]
    i, t = (a.ravel() for a in np.indices(size.shape))
    chart = drawing.base(drawing.rows(rounds=4 * i, state=2 * t, error=size.ravel())).mark_rect()
    return chart.encode(
        x=alt.X("state:O", axis=alt.Axis(values=[0, 32, 64, 96])),
        y=alt.Y("rounds:O", axis=alt.Axis(values=[0, 16, 32, 48])),
        opacity=alt.Opacity("error:Q", title="log10 error", scale=alt.Scale(range=[0.04, 1])),
    ).properties(width=380, height=220)


def node_classification(task: Any, draw: Any) -> Any:
    """The graph on two axes that separate its communities; large marks are labelled nodes."""
    return _graph(task, draw)


def shifted_nodes(task: Any, draw: Any) -> Any:
    """The graph on two axes that separate its communities; a community has nodes of two classes. Large marks are
    labelled nodes."""
    return _graph(task, draw)


def class_ensembles(task: Any, draw: Any) -> Any:
    """Test points on two of their directions: every class is in many places."""
    x, y = draw(lambda key: task.sample(key).test)
    ((px, py),) = (p.T for p in drawing.flat(np.asarray(x)[:600]))
    chart = drawing.base(drawing.rows(x=px, y=py, label=np.asarray(y)[:600])).mark_circle(size=20, opacity=0.7)
    return chart.encode(
        x=alt.X(**drawing.bare("x")), y=alt.Y(**drawing.bare("y")), color=alt.Color("label:N", title="class")
    ).properties(width=320, height=320)


def _network(task: Any) -> tuple[Layer, ...]:
    """A network of random weights, always the same."""
    sizes, random = task.spec.sizes, np.random.default_rng(0)
    pairs = itertools.pairwise(sizes)
    return tuple(
        Layer(w=jax.numpy.asarray(random.normal(size=p) / p[0] ** 0.5, "float32"), b=jax.numpy.zeros(p[1]))
        for p in pairs
    )


def _graph(task: Any, draw: Any) -> Any:
    (edges, _, known), labels = draw(task.sample)
    place = np.linalg.eigh(np.asarray(edges, float) - np.mean(edges))[1][:, -2:]
    rows = drawing.rows(x=place[:, 0], y=place[:, 1], label=labels, labelled=np.asarray(known) != HIDDEN)
    start, end = np.nonzero(np.triu(edges))
    (x, y), (x2, y2) = place[start].T, place[end].T
    px, py = alt.X(**drawing.bare("x")), alt.Y(**drawing.bare("y"))
    lines = drawing.base(drawing.rows(x=x, y=y, x2=x2, y2=y2)).mark_rule(opacity=0.12)
    marks = drawing.base(rows).mark_circle(opacity=0.9)
    size = alt.Size("labelled:N", scale=alt.Scale(domain=[False, True], range=[20, 90]), legend=None)
    nodes = marks.encode(x=px, y=py, color=alt.Color("label:N", title="class"), size=size)
    return (lines.encode(x=px, y=py, x2="x2:Q", y2="y2:Q") + nodes).properties(width=380, height=320)
