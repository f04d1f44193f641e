"""Simultaneous perturbation stochastic approximation: two circuits a step, whatever the number of angles.

**Source**: Spall, "An Overview of the Simultaneous Perturbation Method for Efficient Optimization", 1998; the constants
are those of Qiskit's qiskit_algorithms/optimizers/spsa.py.

    d_k in {-1, 1}^p at random,    c_k = 0.2 / k^0.101,    a_k = a / k^0.602
    theta <- theta - a_k (f(theta + c_k d_k) - f(theta - c_k d_k)) / (2 c_k) d_k

**Differs from the paper**: 1. the first step size a is tuned, where the library calibrates it with 50 circuits. 2. an
update is as many steps as fit into its circuits, 30 of two circuits each.

**Shapes**: p angles, k steps.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.quantum_circuits import losses


class State(NamedTuple):
    """Angles [p], and the number of steps taken."""

    params: jax.Array
    taken: jax.Array


class SPSA(Method):
    """A gradient along one random direction."""

    lr: float = 16.0  # first step size, in angles per gradient

    perturbation: float = 0.2  # first size of the perturbation, in angles; the library's default
    alpha: float = 0.602  # exponent of the step size; the library's default
    gamma: float = 0.101  # exponent of the perturbation; the library's default

    deterministic = True
    space = {"lr": (2.0, 8.0, 16.0, 32.0, 64.0, 128.0)}

    def init(self, key: jax.Array) -> State:
        return State(params=self.given.start, taken=jnp.zeros(()))

    def update(self, state: State, batch: Any, key: jax.Array) -> State:
        steps = self.spec.evaluations // 2
        directions, shots = jax.random.split(key)
        signs = jnp.where(jax.random.bernoulli(directions, 0.5, (steps, self.spec.angles)), 1.0, -1.0)

        def step(state: State, drawn: tuple[jax.Array, jax.Array]) -> tuple[State, None]:
            sign, noise = drawn
            k = state.taken + 1
            size = self.perturbation / k**self.gamma
            ends = state.params[None] + size * jnp.stack([sign, -sign])
            found = losses(self.spec, self.given, ends, noise)
            slope = (found[0] - found[1]) / (2 * size)
            return State(params=state.params - self.lr / k**self.alpha * slope * sign, taken=k), None

        state, _ = jax.lax.scan(step, state, (signs, jax.random.split(shots, steps)))
        return state

    def angles(self, state: State) -> jax.Array:
        return state.params
