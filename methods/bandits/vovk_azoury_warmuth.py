"""The forecaster that is optimal against an adversary: ridge regression that counts the input to be predicted.

**Source**: Azoury and Warmuth, "Relative Loss Bounds for On-Line Density Estimation with the Exponential Family of
Distributions", 2001, https://doi.org/10.1023/A:1010896012157; Vovk, "Competitive On-line Statistics", 2001.

    yhat_t = x_t . (lam I + sum_{s <= t} x_s x_s')^-1 sum_{s < t} x_s y_s

**Differs from the paper**: nothing.

**Shapes**: n instances, d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._linear import Ridge, add
from toybench.methods.bandits.ftrl import FTRL


class VovkAzouryWarmuth(FTRL):
    """Shrinks predictions at inputs that it is uncertain of."""

    paper = None

    def predict(self, state: Ridge, x: jax.Array) -> jax.Array:
        zero = jnp.zeros(len(x))
        inverse = add(state, x, zero, zero + 1).inverse
        return jnp.einsum("ni,nij,nj->n", x, inverse, state.moment)
