"""What searches among sequences have in common: the best seen so far, and edits.

Shapes: b designs, l letters of a sequence, a kinds of letters.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.tasks.sequence_design import Evidence, edited, score


class Best(NamedTuple):
    """Sequences int32 [b, l] and their scores [b]."""

    x: jax.Array
    score: jax.Array


def better(one: Best, other: Best) -> Best:
    """Of each design the sequence with the larger score; the first one if they are equal."""
    larger = other.score > one.score
    return Best(x=jnp.where(larger[:, None], other.x, one.x), score=jnp.where(larger, other.score, one.score))


def best_of(scorer: Any, candidates: jax.Array, letters: int) -> Best:
    """The candidate with the largest score, of candidates [b, c, l]."""
    scores = score(scorer, candidates, letters)
    place = scores.argmax(1)
    x = jnp.take_along_axis(candidates, place[:, None, None], axis=1)[:, 0]
    return Best(x=x, score=scores.max(1))


def all_edits(x: jax.Array, letters: int) -> jax.Array:
    """Sequences [b, l a, l] that differ in one letter at most, of sequences [b, l]."""
    count = x.shape[1] * letters
    return edited(x[:, None, :], jnp.arange(count)[None, :], letters)


def whole(uniform: jax.Array, count: int) -> jax.Array:
    """Whole numbers from 0 to count - 1, int32, of uniform numbers in [0, 1)."""
    return jnp.minimum(jnp.floor(uniform * count).astype(jnp.int32), count - 1)


def given_rows(evidence: Evidence, uniform: jax.Array) -> jax.Array:
    """Given sequences [..., l] for uniform numbers [...]."""
    return evidence.sequences[whole(uniform, len(evidence.sequences))]
