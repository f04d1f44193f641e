"""What certified classifiers share: the threshold that split conformal prediction puts on a score.

Shapes: b points, c classes, a attributes.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.conformal._classes import Labelled, Readings


class State(NamedTuple):
    """The least score in the set, per class [c]."""

    cut: jax.Array


class ScoredClasses(Method):
    """A subclass gives `score`, and its `bounds`."""

    deterministic = True

    def init(self, key: jax.Array) -> State:
        return State(jnp.full((self.spec.classes,), -jnp.inf))

    def score(self, state: Any, readings: Readings) -> jax.Array:
        raise TypeError(f"{self.name} has no score; give it a method `score`.")

    def update(self, state: State, batch: Labelled, key: jax.Array) -> State:
        own = jnp.take_along_axis(self.score(state, batch.readings), batch.label[:, None], axis=1)[:, 0]
        return State(jnp.full((self.spec.classes,), lower_quantile(own, len(own), self.given.alpha)))

    def threshold(self, state: State) -> jax.Array:
        return state.cut


def lower_quantile(score: jax.Array, count: Any, alpha: jax.Array) -> jax.Array:
    """The floor(alpha (count + 1))-th smallest of `count` scores, the rest of [n] being inf; -inf if that is the 0-th.

    A further exchangeable score is below it with probability at most alpha.
    """
    rank = jnp.floor(alpha * (jnp.asarray(count, jnp.float32) + 1) + 1e-4).astype(jnp.int32)
    return jnp.where(rank > 0, jnp.sort(score)[jnp.maximum(rank - 1, 0)], -jnp.inf)


def normalised(own: jax.Array, others: jax.Array) -> jax.Array:
    """log e^own_j / (e^own_j + sum_{k != j} e^others_k): both [b, c]."""
    c = own.shape[1]
    rest = jnp.where(jnp.eye(c, dtype=bool)[None], -jnp.inf, others[:, None, :])
    return own - jnp.logaddexp(own, jax.nn.logsumexp(rest, axis=-1))
