"""SPSA: a two-sided difference of the loss along random signs, times those signs.

**Source**: Spall, "Multivariate stochastic approximation using a simultaneous perturbation gradient approximation",
IEEE Transactions on Automatic Control 37, 1992, https://doi.org/10.1109/9.119632.

    g = s (L(W + mu s) - L(W - mu s)) / (2 mu),   s uniform in {-1, 1}^p

**Differs from the paper**: 1. a constant width of the difference, and the task's optimiser for its gain sequence.

**Shapes**: b batch, p weights in all.
"""

import jax
import jax.numpy as jnp

from toybench.methods.local_learning._rule import Estimating, State, normal_like
from toybench.tasks.local_learning import Examples, Weights, loss


class SPSA(Estimating):
    """Needs two values of the loss, and no derivative."""

    mu: float = 0.01  # half the width of the difference, in units of a weight

    def estimate(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        weights = state.params["weights"]
        signs = jax.tree.map(jnp.sign, normal_like(key, weights))

        def value(step: float) -> jax.Array:
            return loss(self.spec, jax.tree.map(lambda w, s: w + step * s, weights, signs), batch)

        along = (value(self.mu) - value(-self.mu)) / (2 * self.mu)
        return jax.tree.map(lambda s: along * s, signs)
