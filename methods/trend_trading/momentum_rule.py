"""Holds the asset that rose most in the last days, if it rose enough.

**Source**: none; the humble rival. Following the mean of past returns is the oldest of trading rules.

    hold the asset of the highest mean return over the last days, if that mean is above the threshold, else cash

**Differs from the paper**: nothing, as there is none. Days and threshold are tuned as the agents' rates are.

**Shapes**: w days of the window, k assets.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.trend_trading import Sight


class MomentumRule(Method):
    """Two numbers and no learning."""

    days: float = 20.0  # of the mean, 1 to 60
    threshold: float = 0.1  # in units of a day's deviation

    deterministic = True
    space = {"days": (20.0, 40.0, 60.0), "threshold": (0.0, 0.1)}

    def explore(self, state: tuple, sight: Sight, key: jax.Array) -> jax.Array:
        return self.trade(state, sight)

    def trade(self, state: tuple, sight: Sight) -> jax.Array:
        age = jnp.arange(self.spec.window, dtype=jnp.float32)[::-1]
        mean = jnp.einsum("...wk,w->...k", sight.window, (age < self.days).astype(jnp.float32)) / self.days
        risen = mean.max(-1, keepdims=True) > self.threshold
        wanted = jnp.where(risen, jax.nn.one_hot(mean.argmax(-1), self.spec.assets), 0.0)
        return (wanted - sight.held) * (self.spec.wealth / self.spec.most)
