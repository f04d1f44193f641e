"""Pointwise mutual information of orbit adjacencies: how often two nodes share a graphlet in given positions.

**Source**: Windels, Malod-Dognin and Przulj, "Graphlets correct for the topological information missed by random
walks", 2024, https://arxiv.org/abs/2405.14194: the abstract; the authors' counter, `gradco_python_interface.py` for the
list of orbit adjacencies, `brute_force.py` for what is counted. That they factorise its pointwise mutual information is
from public digests of the paper.

    M_ij = graphlets that hold i and j in two given orbits
    embedding = rank-r factors of log+ (M_ij sum M / (M_i. M_.j))

With F_1 = A and F_0 = 1 - I - A, the four-node patterns of edges between i, j and two others are, for bits a to e,

    [i ~ j] sum_{k, l} F_a[i, k] F_b[j, k] F_c[i, l] F_d[j, l] F_e[k, l]

and an orbit adjacency sums those whose induced subgraph and positions are its own, each set {k, l} once.

**Differs from the paper**: 1. a pair of orbits and its reverse are one symmetric matrix, 20 in all in place of 28. 2.
The one matrix that is read is chosen by held-out error on known nodes; the paper reports each. 3. One negative sample.

**Shapes**: o pairs of orbits, n nodes.
"""

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Method
from toybench.methods.node_embeddings._pmi import RANKS, scores_by_folds
from toybench.tasks.node_embeddings import GRAPHLETS, ORBITS, Orbits

SMALL = 4  # of ORBITS: those of graphlets with up to three nodes
CORNERS = 4  # nodes of a pattern: i, j, k, l
BITS = tuple(itertools.product((0, 1), repeat=6))  # of a pattern: ik, jk, il, jl, kl, ij


class OrbitPmi(Method):
    """Twenty ways to be near."""

    paper = "windels2024graphlets"
    deterministic = True

    rank: int = 16  # of the factorisation

    space = {"rank": RANKS}

    def orbit_counts(self, state: Any, edges: jax.Array) -> jax.Array:
        return orbit_counts(edges)

    def node_scores(self, state: Any) -> jax.Array:
        return scores_by_folds(orbit_counts(self.given.edges), self.given, self.rank, self.spec.classes)


def position(bits: tuple[int, ...]) -> Orbits | None:
    """Where i and j are in the graphlet of a pattern; None where its four nodes don't hang together."""
    ends = ((0, 2), (1, 2), (0, 3), (1, 3), (2, 3), (0, 1))
    degrees = [sum(bit for bit, pair in zip(bits, ends, strict=True) if node in pair) for node in range(CORNERS)]
    names = [name for name, known in GRAPHLETS.items() if list(known) == sorted(degrees)]
    if not names:
        return None
    low, high = sorted(degrees[:2])
    return Orbits(graphlet=names[0], first=low, second=high, linked=bool(bits[-1]))


def patterns() -> np.ndarray:
    """1/2 where a pattern is one of the orbits' [o - SMALL, 64], as k and l may change places; else 0."""
    places = [position(bits) for bits in BITS]
    return np.array([[0.5 * (place == pair) for place in places] for pair in ORBITS[SMALL:]])


def small_counts(edges: jax.Array, others: jax.Array) -> jax.Array:
    """Counts [SMALL, n, n] of edges, wedges by their ends, wedges by end and middle, and triangles."""
    squares = edges @ edges
    open_ends = edges * (edges @ others + others @ edges)
    return jnp.stack([edges, others * squares, open_ends, edges * squares])


def orbit_counts(edges: jax.Array) -> jax.Array:
    """Orbit adjacencies [o, n, n] in the order of ORBITS."""
    others = 1 - edges - jnp.eye(edges.shape[0])
    kinds = jnp.stack([others, edges])  # F_0 and F_1
    weights = jnp.asarray(patterns(), edges.dtype)

    def row(i: jax.Array) -> jax.Array:
        """Four-node counts [o - SMALL, n] of node i with every j."""
        shared = kinds[:, None, i, None, :] * kinds[None, :, :, :]  # F_a[i, k] F_b[j, k]: [a, b, j, k]
        through = jnp.einsum("abjk,ekl->abejl", shared, kinds)
        four = jnp.einsum("abejl,cdjl->abcdej", through, shared)
        linked = four[..., None, :] * kinds[None, None, None, None, None, :, i, :]  # [a, b, c, d, e, i ~ j, j]
        return weights @ linked.reshape(len(BITS), -1)

    rows = jax.lax.map(row, jnp.arange(edges.shape[0]))
    return jnp.concatenate([small_counts(edges, others), jnp.swapaxes(rows, 0, 1)])
