"""What certified classifiers share: the threshold that split conformal prediction puts on a score.

Shapes: b points, c classes, a attributes.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.conformal._classes import Labelled, Readings

TIE = 1e-4  # alpha (n + 1) that is this close below an integer is that integer: rounding must not decide


class State(NamedTuple):
    """The least score in the set, per class [c]."""

    cut: jax.Array


class ScoredClasses(Method, abc.ABC):
    """One threshold for all classes, on the scores of the true ones; a subclass gives `score` and its `bounds`."""

    deterministic = True

    @abc.abstractmethod
    def score(self, state: Any, readings: Readings) -> jax.Array:
        """How well each class conforms to the readings, [b, c]."""

    @abc.abstractmethod
    def bounds(self, state: Any, low: Readings, high: Readings) -> tuple[jax.Array, jax.Array]:
        """Bounds [b, c] of the scores over all readings between `low` and `high`."""

    def init(self, key: jax.Array) -> State:
        return no_threshold(self.spec.classes)

    def update(self, state: State, batch: Labelled, key: jax.Array) -> State:
        own = jnp.take_along_axis(self.score(state, batch.readings), batch.label[:, None], axis=1)[:, 0]
        return State(cut=jnp.full((self.spec.classes,), lower_quantile(own, len(own), self.given.alpha)))

    def threshold(self, state: State) -> jax.Array:
        return state.cut


def no_threshold(classes: int) -> State:
    """Every class is in the set."""
    return State(cut=jnp.full((classes,), -jnp.inf))


def lower_quantile(score: jax.Array, count: Any, alpha: jax.Array) -> jax.Array:
    """The floor(alpha (count + 1))-th smallest of `count` scores, the rest of [n] being inf; -inf if that is the 0-th.

    A further exchangeable score is below it with probability at most alpha.
    """
    rank = jnp.floor(alpha * (jnp.asarray(count, jnp.float32) + 1) + TIE).astype(jnp.int32)
    return jnp.where(rank > 0, jnp.sort(score)[jnp.maximum(rank - 1, 0)], -jnp.inf)


def reason(weight: Any, codes: jax.Array, classes: jax.Array, toward: jax.Array, against: jax.Array) -> jax.Array:
    """Logits [b, c] of the classes after exact reasoning over the rules y_j => a, or y_j => not a, of one weight.

        logit P(y_j = 1) = logit p_j + sum_a log( q'_a + (1 - q'_a) e^{-w} ),    q'_a = q_a, or 1 - q_a for y_j => not a

    `toward` and `against` are logits [b, a] of the attributes, for classes that have them and for those that lack them.
    """
    has = codes.astype(jnp.float32).T  # [a, c]
    doubt = 1 - jnp.exp(-weight)
    holds = jnp.log1p(-doubt * jax.nn.sigmoid(-toward))
    fails = jnp.log1p(-doubt * jax.nn.sigmoid(against))
    return classes + holds @ has + fails @ (1 - has)
