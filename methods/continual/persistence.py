"""The next hour will be like this one.

**Source**: the standard naive forecast; Hyndman and Athanasopoulos, "Forecasting: Principles and Practice", 2021,
https://otexts.com/fpp3/simple-methods.html.

    y = last value of the window

**Differs from the paper**: nothing.

**Shapes**: b batch, w hours of a window.
"""

from typing import Any

import jax

from toybench import Method


class Persistence(Method):
    """Learns nothing, and so has nothing to unlearn."""

    def forecast(self, state: Any, window: jax.Array) -> jax.Array:
        return window[:, -1]
