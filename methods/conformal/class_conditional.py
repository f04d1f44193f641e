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

from toybench.methods.conformal._classes import State, lower_quantile
from toybench.methods.conformal.robust_conformal import RobustConformal
from toybench.tasks.conformal._classes import Labelled


class ClassConditional(RobustConformal):
    """Valid within every class, at the price of fewer points for each threshold."""

    def update(self, state: State, batch: Labelled, key: jax.Array) -> State:
        mine = jax.nn.one_hot(batch.label, self.spec.classes, axis=0, dtype=bool)  # [c, b]
        own = jnp.where(mine, self.score(state, batch.readings).T, jnp.inf)
        return State(jax.vmap(lower_quantile, (0, 0, None))(own, mine.sum(1), self.given.alpha))
