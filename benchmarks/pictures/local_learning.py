"""What the systems and graphs look like, and how far clusters of a class are from one another."""

from typing import Any

import altair as alt
import numpy as np

from tasks.local_learning._nodes import HIDDEN
from toybench.report import drawing


def triangular_solve(task: Any, draw: Any) -> Any:
    """Error of every state after rounds of re-evaluating all states at once; darker is larger."""
    import jax
    import jax.numpy as jnp

    def errors(key: Any) -> Any:
        world = task.sample(key)
        after = jax.lax.scan(lambda s, _: (world.equations(s), s), jnp.zeros_like(world.exact), None, length=64)[1]
        return jnp.log10(jnp.linalg.norm(after - world.exact[None], axis=2) + 1e-7)

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
