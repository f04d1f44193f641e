"""Who reads whom, nodes sorted by class: the blocks that a network has to make sense of."""

import dataclasses
from typing import Any

import altair as alt
import jax.numpy as jnp
import numpy as np

from toybench.reporting import drawing

PATTERNS = ("homophilous", "paired", "flow", "unrelated")


def blocks(panel: list[str], edges: np.ndarray, labels: np.ndarray, kinds: np.ndarray | None = None) -> Any:
    """Edges [p, n, n] as points, rows read columns, nodes by class; kinds [p, n, n] colour them."""
    order = np.argsort(labels, kind="stable")
    sorted_edges = edges[:, order][:, :, order]
    place, reader, read = np.nonzero(sorted_edges)
    columns = {"panel": np.array(panel)[place], "reads": read, "node": reader}
    if kinds is not None:
        columns["edge"] = np.where(kinds[:, order][:, :, order][place, reader, read] > 0, "right", "wrong")
    chart = drawing.base(drawing.rows(**columns)).mark_square(size=3, opacity=0.9)
    axes: dict[str, Any] = {"x": alt.X(**drawing.bare("reads")), "y": alt.Y(**drawing.bare("node"))}
    if kinds is not None:
        axes["color"] = alt.Color("edge:N", title=None)
    return drawing.panels(chart.encode(**axes), "panel", panel, columns=4)


def block_model_nodes(task: Any, draw: Any) -> Any:
    """Four patterns of the same features: nodes of one class stand together, from left to right and top to bottom."""
    variants = [dataclasses.replace(task, pattern=pattern, directed=True) for pattern in PATTERNS]
    drawn = draw(lambda key: jnp.stack([v.sample(key).graph.edges for v in variants]))
    return blocks(list(PATTERNS), np.asarray(drawn), np.arange(task.nodes) % task.classes)


def rewired_edges(task: Any, draw: Any) -> Any:
    """Edges that are right, and those laid between classes in their stead."""
    edges, right = draw(lambda key: (lambda w: (w.graph.edges, w.right))(task.sample(key)))
    labels = np.arange(task.nodes) % task.classes
    return blocks(["edges"], np.asarray(edges)[None], labels, np.asarray(right)[None])


def shifted_patterns(task: Any, draw: Any) -> Any:
    """Nodes of a class read their own class or the next one."""
    edges = draw(lambda key: task.sample(key).graph.edges)
    return blocks(["edges"], np.asarray(edges)[None], np.arange(task.nodes) % task.classes)
