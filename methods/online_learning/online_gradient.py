"""Online gradient descent with a rate that falls as 1 / sqrt(t).

**Source**: Zinkevich, "Online Convex Programming and Generalized Infinitesimal Gradient Ascent", 2003,
https://dl.acm.org/doi/10.5555/3041838.3041955.

    x_{t+1} = x_t - rate / sqrt(t) g_t,    g_t = f'(a_t . x_t) a_t

**Differs from the paper**: 1. no projection. 2. weights are cut to 1e10, so that a rate that diverges stays finite.

**Shapes**: d dimensions, r rates.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.online_learning._linear import Sweep, cut, start
from toybench.tasks.online_learning import Example, slopes


class OnlineGradient(Method):
    """Steps from where it is, where FTRL starts anew from the sum of gradients."""

    deterministic = True

    def init(self, key: jax.Array) -> Sweep:
        return start(len(self.spec.rates), self.spec.dim)

    def predict(self, state: Sweep, x: jax.Array) -> jax.Array:
        return state.params @ x

    def update(self, state: Sweep, batch: Example, key: jax.Array) -> Sweep:
        rate = jnp.asarray(self.spec.rates) / jnp.sqrt(state.seen + 1)
        slope = slopes(self.spec.loss, self.predict(state, batch.x), batch.y)
        weights = state.params - jnp.outer(rate * slope, batch.x)
        return Sweep(params=cut(weights), seen=state.seen + 1)
