"""Random restarts: angles drawn anew in every circuit, and the best of them kept.

**Source**: none, a control.

    theta_k ~ N(0, I),    kept: the lowest loss seen

**Differs from the paper**: nothing. The start counts as the first of them. With shots the lowest loss seen is a lucky
one.

**Shapes**: p angles.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.quantum_circuits import losses


class State(NamedTuple):
    """Angles [p] with the lowest loss seen, and that."""

    params: jax.Array
    loss: jax.Array


class RandomSearch(Method):
    """Draws from the law of the starting angles, or of larger ones."""

    spread: float = 1.0  # standard deviation of an angle

    deterministic = True
    space = {"spread": (0.3, 0.6, 1.0, 1.5, 2.0, 3.0)}

    def init(self, key: jax.Array) -> State:
        return State(params=self.given.start, loss=jnp.asarray(jnp.inf))

    def update(self, state: State, batch: Any, key: jax.Array) -> State:
        draw, shots = jax.random.split(key)
        tried = self.spread * jax.random.normal(draw, (self.spec.evaluations, self.spec.angles))
        tried = tried.at[0].set(state.params)  # with shots its loss is taken again
        found = losses(self.spec, self.given, tried, shots)
        best = jnp.argmin(found)
        return State(params=tried[best], loss=found[best])

    def angles(self, state: State) -> jax.Array:
        return state.params
