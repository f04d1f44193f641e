"""Keeps the points of all tasks so far and takes their joint max-margin separator.

**Source**: Evron, Moroshko, Buzaglo, Khriesh, Marjieh, Srebro and Soudry, "Continual Learning in Linear Classification
on Separable Data", 2023, https://arxiv.org/abs/2306.03534, section 2 (the offline solution).

    w = argmin_w |w|   subject to  y x.w >= 1 on the points of every task seen

**Differs from the paper**: nothing.

**Shapes**: n points of a task, t tasks, d dimensions.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.continual import SignedPoints, project


class State(NamedTuple):
    """Weights [d] and signed points [t, n, d], zero where a task has not been seen."""

    params: jax.Array
    z: jax.Array


class JointMaxMargin(Method):
    """Not continual: it stores every point."""

    deterministic = True

    def init(self, key: jax.Array) -> State:
        s = self.spec
        return State(params=jnp.zeros(s.dims), z=jnp.zeros((s.tasks, s.points, s.dims)))

    def update(self, state: State, batch: SignedPoints, key: jax.Array) -> State:
        z = state.z.at[batch.task].set(batch.z)
        flat = z.reshape(-1, self.spec.dims)
        # a point not seen yet must ask for nothing: a copy of one that was asks for nothing new
        flat = jnp.where((flat**2).sum(1, keepdims=True) > 0, flat, batch.z[:1])
        return State(params=project(jnp.zeros(self.spec.dims), flat, sweeps=500), z=z)

    def separator(self, state: State) -> jax.Array:
        return state.params
