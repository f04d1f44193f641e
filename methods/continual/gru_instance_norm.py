"""A gated recurrent network that sees every window in units of its own mean and spread.

**Source**: Kim et al., "Reversible Instance Normalization for Accurate Time-Series Forecasting against Distribution
Shift", 2022, https://openreview.net/forum?id=cGDAkQo1C0p.

    y = mean(window) + sd(window) * f((window - mean(window)) / sd(window))

**Differs from the paper**: 1. no learned scale and shift. 2. one step ahead.

**Shapes**: b batch, w hours of a window.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.continual._forecasters import GRU


class GRUInstanceNorm(GRU):
    """Shifting and scaling a window shifts and scales its forecast, with no learning after deployment."""

    def read(self, params: Any, window: jax.Array) -> jax.Array:
        mean = window.mean(1)
        sd = jnp.sqrt(window.var(1) + 1e-4)
        return mean + sd * super().read(params, (window - mean[:, None]) / sd[:, None])
