"""Adaptive prediction sets: a class is scored by how much probability lies above it.

**Source**: Romano, Sesia and Candès, "Classification with Valid and Adaptive Coverage", 2020,
https://arxiv.org/abs/2006.02544 (the score without its randomisation).

    s_j(x) = - sum_k p_k(x) 1[p_k(x) >= p_j(x)],      p normalised over classes

**Differs from the paper**: 1. no randomised tie at the edge of the set, so that sets can be larger. 2. bounds under
attack, from intervals of the logits.

**Shapes**: b points, c classes.
"""

import jax
import jax.numpy as jnp

from toybench.methods.conformal._classes import ScoredClasses, State
from toybench.tasks.conformal._classes import Readings


class AdaptiveSets(ScoredClasses):
    """Larger sets where the model is unsure; the score is piecewise smooth."""

    def score(self, state: State, readings: Readings) -> jax.Array:
        return -above(readings.classes, readings.classes, readings.classes, readings.classes)

    def bounds(self, state: State, low: Readings, high: Readings) -> tuple[jax.Array, jax.Array]:
        least = low.classes
        most = high.classes
        return -above(most, most, least, least), -above(least, least, most, most)


def above(own: jax.Array, others: jax.Array, rival: jax.Array, rest: jax.Array) -> jax.Array:
    """Share of probability in class j and in the classes k with logit others_k >= rival_j, all [b, c]: [b, c].

    Class j weighs e^own_j, a class above it e^others_k, any further class e^rest_k.
    """
    itself = jnp.eye(own.shape[1], dtype=bool)[None]
    counted = (others[:, None, :] >= rival[:, :, None]) & ~itself
    top = jnp.exp(own) + jnp.where(counted, jnp.exp(others)[:, None, :], 0.0).sum(-1)
    return top / (top + jnp.where(counted | itself, 0.0, jnp.exp(rest)[:, None, :]).sum(-1))
