"""The control that returns what it is given.

**Source**: none, a control.

    project(x) = x

**Differs from the paper**: nothing.

**Shapes**: n points.
"""

from typing import Any

import jax

from toybench import Method


class NoProjection(Method):
    """Leaves every point where it is."""

    deterministic = True  # there is nothing to draw

    def project(self, state: Any, x: jax.Array, key: jax.Array) -> jax.Array:
        return x
