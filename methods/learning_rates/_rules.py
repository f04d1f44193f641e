"""Rules whose best rate is looked for at every batch size: a direction for each gradient.

Shapes: r rates; gradients [..., d], each on its own.
"""

import abc
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from toybench import Method


class Rule(Method):
    """A direction for each gradient; it starts anew for every batch size, rate and draw."""

    unit: ClassVar[float]  # the middle of the rates to try
    deterministic = True  # nothing is drawn

    @abc.abstractmethod
    def start(self, state: tuple, weights: jax.Array) -> Any:
        """The memory before the first gradient."""

    @abc.abstractmethod
    def direction(self, state: tuple, gradient: jax.Array, memory: Any) -> tuple[jax.Array, Any]:
        """(direction, memory): what is subtracted."""

    def rates(self, state: tuple) -> jax.Array:
        """The rates to try, float [r]."""
        return self.unit * jnp.array(self.spec.rates)
