"""Tabu search among graphs: its memory, and its move.

Shapes: n nodes.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.tasks.combinatorial_search import Board, evaluate_graph


class Tabu(NamedTuple):
    """Where a tabu search is.

    Attributes:
      board: the graph that it stands at.
      until: the move until which each pair of nodes must not be flipped, float [n, n].
      best: the best board of this search so far.
      move: moves made, float [].
      improved: the move of the last improvement, float [].
    """

    board: Board
    until: jax.Array
    best: Board
    move: jax.Array
    improved: jax.Array


def empty(nodes: int) -> Tabu:
    """A search that stands at the graph without edges."""
    board = evaluate_graph(jnp.zeros((nodes, nodes)))
    zero = jnp.zeros(())
    return Tabu(board=board, until=jnp.zeros((nodes, nodes)), best=board, move=zero, improved=zero)


def flip(graph: jax.Array, preference: jax.Array) -> jax.Array:
    """The graph with the pair flipped that is preferred most, of those above the diagonal of `preference` [n, n].

    Where all of them are -inf, the graph stays as it is.
    """
    above = jnp.triu(jnp.ones_like(graph), 1) > 0
    preferred = jnp.where(above, preference, -jnp.inf)
    place = jnp.argmax(preferred)
    row = place // len(graph)
    column = place % len(graph)
    here = graph[row, column]
    changed = jnp.where(preferred[row, column] > -jnp.inf, 1 - here, here)
    return graph.at[row, column].set(changed).at[column, row].set(changed)


def best_flip(search: Tabu, allowed: jax.Array, key: jax.Array) -> jax.Array:
    """The best graph that one flip of an allowed pair, bool [n, n], makes; ties at random.

    Pairs that are tabu are left out, unless their flip gives more than the search ever had (aspiration).
    """
    graph = search.board.graph
    gains = search.board.gains
    free = (search.until <= search.move) | (search.board.score + gains > search.best.score)
    ties = jax.random.uniform(key, graph.shape)  # below 1, and gains are whole numbers
    return flip(graph, jnp.where(free & allowed, gains + ties, -jnp.inf))


def stage(move: jax.Array, moves: jax.Array | float, ladder: int) -> jax.Array:
    """How many of the smaller sizes are done after `move` moves, of which `moves` are for them in equal parts."""
    return jnp.minimum(jnp.floor(move * ladder / jnp.maximum(moves, 1.0)), float(ladder))


def among_first(nodes: int, size: jax.Array) -> jax.Array:
    """Pairs of the first nodes, bool [n, n], as many as `size` says: the others stay isolated."""
    within = jnp.arange(nodes, dtype=size.dtype) < size
    return within[:, None] & within[None, :]


def follow(search: Tabu, board: Board, tenure: jax.Array) -> Tabu:
    """The search after it moved to a board: what was flipped is tabu for `tenure` moves."""
    move = search.move + 1
    flipped = board.graph != search.board.graph
    better = board.score > search.best.score
    best = jax.tree.map(lambda new, old: jnp.where(better, new, old), board, search.best)
    return Tabu(
        board=board,
        until=jnp.where(flipped, move + tenure, search.until),
        best=best,
        move=move,
        improved=jnp.where(better, move, search.improved),
    )


def back_to(search: Tabu, board: Board, when: jax.Array) -> Tabu:
    """The search set to a board, its memory and its best forgotten, `when`, bool [], says so; else as it is."""
    anew = Tabu(board=board, until=jnp.zeros_like(search.until), best=board, move=search.move, improved=search.move)
    return jax.tree.map(lambda new, old: jnp.where(when, new, old), anew, search)
