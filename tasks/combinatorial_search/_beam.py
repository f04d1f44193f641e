"""Beam search over the states of a puzzle, for any order of them.

States are numbered by their rank here, the best one first, so that the beam's cut is a sort of numbers.

Shapes: N states, s starts, w width of the beam.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp


class Found(NamedTuple):
    """What a beam found for each start, [s].

    Attributes:
      length: moves of the solution, 0 where there is none.
      expanded: states whose neighbours were looked at.
    """

    length: jax.Array
    expanded: jax.Array


class Beam(NamedTuple):
    """Ranks int32 [s, w], N where a place is empty; where a search has been, bool [s, N + 1]; and what it found."""

    ranks: jax.Array
    been: jax.Array
    found: Found


def search(order: jax.Array, neighbours: jax.Array, starts: jax.Array, width: int, rounds: int) -> Found:
    """Searches from the starts, codes int32 [s], for the state of code 0.

    Args:
      order: codes of all states, the best one first, int32 [N].
      neighbours: codes that the moves lead to, int32 [N, 3].
    """
    count = len(order)
    rank = jnp.zeros_like(order).at[order].set(jnp.arange(count, dtype=order.dtype))
    onward = rank[neighbours[order]]
    onward = jnp.concatenate([onward, jnp.full((1, onward.shape[1]), count, onward.dtype)])
    rows = jnp.arange(len(starts))[:, None]

    def advance(beam: Beam, step: jax.Array) -> tuple[Beam, None]:
        live = (beam.ranks < count) & (beam.found.length == 0)[:, None]
        reached = onward[beam.ranks].reshape(len(starts), -1)
        solved = (reached == rank[0]).any(1)
        fresh = jnp.sort(jnp.where(beam.been[rows, reached], count, reached), axis=1)
        twice = jnp.concatenate([jnp.zeros_like(rows, bool), fresh[:, 1:] == fresh[:, :-1]], axis=1)
        kept = jnp.sort(jnp.where(twice, count, fresh), axis=1)[:, :width]
        found = Found(
            length=jnp.where(solved & (beam.found.length == 0), step, beam.found.length),
            expanded=beam.found.expanded + live.sum(1),
        )
        padded = jnp.pad(kept, ((0, 0), (0, width - kept.shape[1])), constant_values=count)
        return Beam(ranks=padded, been=beam.been.at[rows, padded].set(True), found=found), None

    first = rank[starts][:, None]
    nothing = jnp.zeros(len(starts), jnp.int32)
    beam = Beam(
        ranks=jnp.pad(first, ((0, 0), (0, width - 1)), constant_values=count),
        been=jnp.zeros((len(starts), count + 1), bool).at[rows, first].set(True),
        found=Found(length=nothing, expanded=nothing),
    )
    return jax.lax.scan(advance, beam, jnp.arange(1, rounds + 1, dtype=jnp.int32))[0].found
