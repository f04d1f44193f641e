"""The forecaster that is optimal against an adversary: ridge regression that counts the input to be predicted.

**Source**: Azoury and Warmuth, "Relative Loss Bounds for On-Line Density Estimation with the Exponential Family of
Distributions", 2001, https://doi.org/10.1023/A:1010896012157; Vovk, "Competitive On-line Statistics", 2001.

    yhat_t = x_t . (lam I + sum_{s <= t} x_s x_s')^-1 sum_{s < t} x_s y_s

**Differs from the paper**: nothing.

**Shapes**: n instances, d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.bandits._linear import Ridge, add, start
from toybench.tasks.bandits._linear import LinearRound


class VovkAzouryWarmuth(Method):
    """Shrinks predictions at inputs that it is uncertain of."""

    lam: float = 1.0  # penalty

    deterministic = True
    space = {"lam": (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)}

    def init(self, key: jax.Array) -> Ridge:
        return start(self.spec.instances, self.spec.dim, self.lam)

    def update(self, state: Ridge, batch: LinearRound, key: jax.Array) -> Ridge:
        return add(state, batch.x, batch.response, jnp.ones_like(batch.response))

    def predict(self, state: Ridge, x: jax.Array) -> jax.Array:
        zero = jnp.zeros(len(x))
        inverse = add(state, x, zero, zero + 1).inverse
        return jnp.einsum("ni,nij,nj->n", x, inverse, state.moment)
