"""Adam on gradients by parameter shifts.

**Source**: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, https://arxiv.org/abs/1412.6980; the
gradient is that of Schuld and others, "Evaluating Analytic Gradients on Quantum Hardware", 2019,
https://arxiv.org/abs/1811.11184.

    g_i = (f(theta + pi/2 e_i) - f(theta - pi/2 e_i)) / 2,    theta <- theta - lr m / (sqrt(v) + 1e-8)

**Differs from the paper**: nothing; Adam is optax's.

**Shapes**: p angles.
"""

from typing import Any, NamedTuple

import jax

from toybench import Method
from toybench.blocks import optim
from toybench.methods.quantum_circuits._training import shift_gradient


class State(NamedTuple):
    """Angles [p], and Adam's memory."""

    params: jax.Array
    memory: Any


class AdamShift(Method):
    """As many circuits as analytic gradient descent."""

    lr: float = 0.1  # step size, in angles

    deterministic = True
    space = {"lr": (0.03, 0.1, 0.2, 0.3, 0.5, 1.0)}

    def init(self, key: jax.Array) -> State:
        return State(params=self.given.start, memory=optim.adam(self.lr).init(self.given.start))

    def update(self, state: State, batch: Any, key: jax.Array) -> State:
        gradient = shift_gradient(self.spec, self.given, state.params, key)
        params, memory = optim.descend(optim.adam(self.lr), gradient, state.memory, state.params)
        return State(params=params, memory=memory)

    def angles(self, state: State) -> jax.Array:
        return state.params
