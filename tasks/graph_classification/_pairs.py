"""Pairs of graphs that colour refinement takes for one: no features, equal degrees or equal neighbourhoods.

Decalin and bicyclopentyl; one cycle of 6 or 8 nodes and two of half its length; circles with a second link to another
node; the 4x4 rook's graph and Shrikhande's graph, both strongly regular, of degree 6.
Shapes: p pairs, n nodes.
"""

import jax
import jax.numpy as jnp
import numpy as np

from toybench.tasks.graph_classification import Graphs, relabelled

Edges = list[tuple[int, int]]


def circle(nodes: int, *skips: int, first: int = 0) -> Edges:
    """Node i is linked to i + s, modulo `nodes`, for every skip s; numbers start at `first`."""
    return [(first + i, first + (i + s) % nodes) for s in skips for i in range(nodes)]


def torus(*steps: tuple[int, int]) -> Edges:
    """A 4x4 torus whose node (a, b) is linked to (a, b) plus each step."""
    cells = [(a, b) for a in range(4) for b in range(4)]
    return [(4 * a + b, 4 * ((a + i) % 4) + (b + j) % 4) for a, b in cells for i, j in steps]


DECALIN = [*circle(10, 1), (0, 5)]
BICYCLOPENTYL = [*circle(5, 1), *circle(5, 1, first=5), (0, 5)]
ROOK = torus((0, 1), (0, 2), (1, 0), (2, 0))
SHRIKHANDE = torus((0, 1), (1, 0), (1, 1))

PAIRS: dict[str, list[tuple[Edges, Edges]]] = {
    "sparse": [
        (DECALIN, BICYCLOPENTYL),
        (circle(6, 1), [*circle(3, 1), *circle(3, 1, first=3)]),
        (circle(8, 1), [*circle(4, 1), *circle(4, 1, first=4)]),
        (circle(11, 1, 2), circle(11, 1, 3)),
        (circle(13, 1, 2), circle(13, 1, 5)),
    ],
    "strongly_regular": [(ROOK, SHRIKHANDE)],
}  # circles of 11 with skips 3 and 4 are one graph: times 4, modulo 11


def sizes(name: str) -> tuple[int, int]:
    """(most nodes, most neighbours) of the graphs of a set of pairs."""
    stacked = matrices(name)
    return stacked.shape[-1], int(stacked.sum(-1).max())


def matrices(name: str) -> np.ndarray:
    """Adjacency [2 p, n, n] of the graphs of all pairs, padded; partners follow one another."""
    graphs = [edges for pair in PAIRS[name] for edges in pair]
    nodes = 1 + max(max(ends) for edges in graphs for ends in edges)
    stacked = np.zeros((len(graphs), nodes, nodes), np.float32)
    for matrix, edges in zip(stacked, graphs, strict=True):
        for a, b in edges:
            matrix[a, b] = 1.0
            matrix[b, a] = 1.0
    return stacked


def plain(name: str) -> Graphs:
    """The graphs of all pairs, [2 p, 1, n, n], with the constant feature 1."""
    edges = jnp.asarray(matrices(name))
    mask = (edges.sum(-1) > 0).astype(jnp.float32)
    return Graphs(edges=edges[:, None], x=mask[:, :, None], mask=mask)


def shuffled(name: str, noise: jax.Array) -> Graphs:
    """The graphs with their nodes in the order of uniform noise [2 p, n]."""
    return relabelled(plain(name), jnp.argsort(noise, axis=1))
