"""Combinatorial search: which of very many states or graphs should a search look at next?

A scorer of a puzzle ranks states, and the study runs one beam search for all of them. A searcher of graphs proposes
one graph after another, and the study pays for the evaluation of each. Budgets are equal by construction.

Shapes: t tiles of a puzzle, N = t! states, m states asked about, n nodes of a graph.
"""

import math
from dataclasses import dataclass
from functools import cache
from itertools import permutations
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np


@dataclass(frozen=True)
class PuzzleSpec:
    """The tiles of a row; it is solved where they stand in order."""

    tiles: int


class PuzzleScorer(Protocol):
    """Orders the states of a puzzle."""

    def rank(self, state: Any, rows: jax.Array) -> jax.Array:
        """Scores [m] of rows of tiles, int32 [m, t]: the lower, the sooner a search looks at them."""


@dataclass(frozen=True)
class GraphSpec:
    """Nodes of a graph, and moves that a search has."""

    nodes: int
    moves: int


class Board(NamedTuple):
    """A graph with what its evaluation says.

    Attributes:
      graph: symmetric adjacency, float [n, n] in {0, 1}.
      gains: by how much the score changes where one pair of nodes is flipped, float [n, n]; -inf on the diagonal.
      score: edges - triangles - 4-cycles, float [].
    """

    graph: jax.Array
    gains: jax.Array
    score: jax.Array


class GraphSearcher(Protocol):
    """Looks for graphs of many edges without triangles and 4-cycles."""

    def propose(self, state: Any, key: jax.Array) -> jax.Array:
        """The graph to evaluate now: float [n, n]. The batch that follows is its board."""


SHIFT_LEFT = 0  # the moves of the puzzle, by row of `moves`
SHIFT_RIGHT = 1
SWAP = 2
INVERSE = (SHIFT_RIGHT, SHIFT_LEFT, SWAP)


@cache
def moves(tiles: int) -> np.ndarray:
    """Where each place takes its tile from, int32 [3, t]: shift left, shift right, exchange of the first two."""
    places = np.arange(tiles, dtype=np.int32)
    swapped = np.concatenate([[1, 0], places[2:]])
    return np.stack([np.roll(places, -1), np.roll(places, 1), swapped]).astype(np.int32)


@cache
def states(tiles: int) -> np.ndarray:
    """All states in the order of their codes, int32 [N, t]; the first one is solved."""
    return np.array(list(permutations(range(tiles))), np.int32)


@cache
def neighbours(tiles: int) -> np.ndarray:
    """Codes of the states that each move leads to, int32 [N, 3]."""
    rows = states(tiles)
    return np.stack([codes(rows[:, move]) for move in moves(tiles)], axis=1).astype(np.int32)


def codes(rows: Any) -> Any:
    """Places int32 [m] of rows [m, t] in lexicographic order: Lehmer's code."""
    tiles = rows.shape[1]
    later = np.triu(np.ones((tiles, tiles), bool), 1)
    smaller = ((rows[:, None, :] < rows[:, :, None]) & later[None]).astype(np.int32)
    weights = np.array([math.factorial(tiles - 1 - place) for place in range(tiles)], np.int32)
    return (smaller * weights[None, :, None]).sum((1, 2))


def evaluate_graph(graph: jax.Array) -> Board:
    """Score of a graph [n, n] and of all that one flip makes of it, from the numbers of paths between its nodes.

    A new edge closes a triangle for every path of 2 edges between its ends and a 4-cycle for every one of 3. Between
    the ends of an edge, walks of 3 edges that use it aren't paths: d_i + d_j - 1 of them.
    """
    degree = graph.sum(1)
    two = graph @ graph
    three = two @ graph - graph * (degree[:, None] + degree[None, :] - 1)
    closed = two + three
    gains = jnp.where(graph > 0, closed - 1, 1 - closed)
    diagonal = jnp.eye(len(graph), dtype=bool)
    triangles = (graph * two).sum() / 6  # each is met from 3 edges in 2 directions
    squares = (graph * three).sum() / 8  # each from 4 edges in 2 directions
    score = graph.sum() / 2 - triangles - squares
    return Board(graph=graph, gains=jnp.where(diagonal, -jnp.inf, gains), score=score)
