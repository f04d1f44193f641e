"""The context that ridge regression likes best: no exploration at all.

**Source**: standard; the radius of OFUL (Abbasi-Yadkori, Pál and Szepesvári, 2011) set to zero.

    a = argmax_a x_a . theta

**Differs from the paper**: nothing.

**Shapes**: n instances, k arms, d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._linear import Optimist, Ridge


class LinearGreedy(Optimist):
    """What changing offers alone explore."""

    c: float = 0.0  # not used

    space = {}

    def extent(self, state: Ridge) -> jax.Array:
        return jnp.zeros_like(state.weight)
