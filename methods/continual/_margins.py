"""State of the learners of separable tasks.

Shapes: d dimensions.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method


class State(NamedTuple):
    """Weights [d]."""

    params: jax.Array


class Margins(Method):
    """Starts from zero weights; a subclass says what a visit does."""

    deterministic = True

    def init(self, key: jax.Array) -> State:
        return State(params=jnp.zeros(self.spec.dims))

    def separator(self, state: State) -> jax.Array:
        return state.params
