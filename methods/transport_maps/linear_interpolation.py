"""The straight line through the space around the data.

**Source**: a baseline of Sun et al., "Geometry-Aware Generative Autoencoder", 2024.

    x(s) = (1 - s) x_0 + s x_1

**Differs from the paper**: nothing.

**Shapes**: p pairs, t places on a way, d coordinates.
"""

from typing import Any

import jax

from toybench import Method


class LinearInterpolation(Method):
    """No data, no geometry."""

    deterministic = True

    def interpolate(self, state: Any, start: jax.Array, end: jax.Array, s: jax.Array) -> jax.Array:
        share = s[:, None, None]
        return (1 - share) * start[None, :, :] + share * end[None, :, :]
