"""The graphs that learners are asked to tell apart, their nodes on a circle."""

from typing import Any

import altair as alt
import numpy as np

from toybench.reporting import drawing
from toybench.tasks.graph_classification import _pairs

NAMES = {
    "sparse": (
        "decalin",
        "bicyclopentyl",
        "circle of 6",
        "two of 3",
        "circle of 8",
        "two of 4",
        "11, skips 1 and 2",
        "11, skips 1 and 3",
        "13, skips 1 and 2",
        "13, skips 1 and 5",
    ),
    "strongly_regular": ("rook", "Shrikhande"),
}


def circles(edges: np.ndarray, names: tuple[str, ...]) -> Any:
    """Panels of graphs [g, n, n]: nodes that have links on a circle, links as straight lines."""
    which, a, b = np.nonzero(np.triu(edges))
    present = (edges.sum(2) > 0).sum(1)
    angle = lambda node: 2 * np.pi * node / present[which]  # noqa: E731
    data = drawing.rows(
        graph=np.array(names)[which],
        x=np.sin(angle(a)),
        y=np.cos(angle(a)),
        x2=np.sin(angle(b)),
        y2=np.cos(angle(b)),
    )
    lines = drawing.base(data).mark_rule(opacity=0.6)
    chart = lines.encode(x=alt.X(**drawing.bare("x")), y=alt.Y(**drawing.bare("y")), x2="x2:Q", y2="y2:Q")
    return drawing.panels(chart, "graph", names, columns=4, side=110)


def wl_hard_pairs(task: Any, draw: Any) -> Any:
    """The pairs, partner after partner: every node sees as many others as in the partner, again and again."""
    return circles(_pairs.matrices(task.pairs), NAMES[task.pairs])


def labelled_pairs(task: Any, draw: Any) -> Any:
    """The graphs that are learnt by name, partner after partner; a network that adds up neighbours takes each pair for
    one graph."""
    return circles(_pairs.matrices("sparse"), NAMES["sparse"])


def planted_motifs(task: Any, draw: Any) -> Any:
    """A graph of each class: a triangle, a cycle, a clique or a star is planted twice among random links, so that no
    count of nodes, labels or links tells the class."""
    edges = np.asarray(draw(lambda key: task.drawn(key, 4).graphs.edges[:, 0]))
    return circles(edges, ("triangle", "cycle", "clique", "star"))
