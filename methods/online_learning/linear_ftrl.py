"""Follow the regularised leader on linearised losses, also known as dual averaging.

**Source**: the baseline of Chen and Orabona, "Generalized Implicit Follow-The-Regularized-Leader", 2023,
https://arxiv.org/abs/2306.00201; the rule is that of Orabona, "A Modern Introduction to Online Learning", 2019,
https://arxiv.org/abs/1912.13213, section 7.

    x_t = theta_t / lambda_t,    lambda_t = sqrt(t) / rate,    theta_{t+1} = theta_t - g_t,    g_t = f'(a_t . x_t) a_t

**Differs from the paper**: 1. dual vectors are cut to 1e10, so that a rate that diverges stays finite.

**Shapes**: d dimensions, r rates.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.online_learning._linear import Sweep, cut, start
from toybench.tasks.online_learning import Example, slopes


class LinearFTRL(Method):
    """The sum of gradients, over a strength that grows as sqrt(t)."""

    deterministic = True

    def init(self, key: jax.Array) -> Sweep:
        return start(len(self.spec.rates), self.spec.dim)

    def strength(self, t: jax.Array) -> jax.Array:
        """lambda_t [r]."""
        return jnp.sqrt(t) / jnp.asarray(self.spec.rates)

    def predict(self, state: Sweep, x: jax.Array) -> jax.Array:
        return state.params @ x / self.strength(state.seen + 1)

    def update(self, state: Sweep, batch: Example, key: jax.Array) -> Sweep:
        slope = slopes(self.spec.loss, self.predict(state, batch.x), batch.y)
        theta = state.params - jnp.outer(slope, batch.x)
        return Sweep(params=cut(theta), seen=state.seen + 1)

    def dual(self, state: Sweep) -> jax.Array:
        return state.params
