"""Mondrian conformal prediction: one threshold a class, each from that class's calibration points.

**Source**: Vovk, Gammerman and Shafer, "Algorithmic Learning in a Random World", 2005 (Mondrian predictors); Vovk,
"Conditional Validity of Inductive Conformal Predictors", 2012, https://arxiv.org/abs/1209.2673.

    t_j = the floor(alpha (n_j + 1))-th smallest score of the n_j points of class j
    P(Y in C(X) | Y = j) >= 1 - alpha      for every class j

**Differs from the paper**: 1. the same bounds under attack as `robust_conformal` has.

**Shapes**: b points, c classes.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.conformal._classes import State, lower_quantile, no_threshold
from toybench.tasks.conformal._classes import Labelled, Readings


class ClassConditional(Method):
    """Valid within every class, at the price of fewer points for each threshold."""

    deterministic = True

    def init(self, key: jax.Array) -> State:
        return no_threshold(self.spec.classes)

    def score(self, state: State, readings: Readings) -> jax.Array:
        return jax.nn.log_sigmoid(readings.classes)

    def bounds(self, state: State, low: Readings, high: Readings) -> tuple[jax.Array, jax.Array]:
        return jax.nn.log_sigmoid(low.classes), jax.nn.log_sigmoid(high.classes)

    def update(self, state: State, batch: Labelled, key: jax.Array) -> State:
        mine = jax.nn.one_hot(batch.label, self.spec.classes, axis=0, dtype=bool)  # [c, b]
        own = jnp.where(mine, self.score(state, batch.readings).T, jnp.inf)
        return State(cut=jax.vmap(lower_quantile, (0, 0, None))(own, mine.sum(1), self.given.alpha))

    def threshold(self, state: State) -> jax.Array:
        return state.cut
