"""Analytic quantum gradient descent: parameter shifts and a momentum.

**Source**: Joshi, Katyayan and Ahmed, "Evaluating the Performance of Some Local Optimizers for Variational Quantum
Classifiers", 2021, https://arxiv.org/abs/2102.08949 (abstract and introduction could be read); the optimiser is that
of Qiskit, qiskit_algorithms/optimizers/aqgd.py.

    g_i = (f(theta + pi/2 e_i) - f(theta - pi/2 e_i)) / 2
    m <- (1 - momentum) g + momentum m,    theta <- theta - lr m

**Differs from the paper**: 1. the step size is tuned; the library's is 1, in 2019 it was 3. 2. it does not stop early.
3. by default the loss is linear in expectations, so that g is the gradient; the library shifts its cross entropy, as
`loss=cross_entropy` does.

**Shapes**: p angles.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.quantum_circuits._training import Momentum, shift_gradient


class AQGD(Method):
    """2 p + 1 circuits an update; the one at the angles themselves is for the record."""

    lr: float = 1.0  # step size, in angles per gradient; the library's default
    momentum: float = 0.25  # weight of the gradients so far, 0 to 1; the library's default

    paper = "joshi2021evaluating"
    deterministic = True
    space = {"lr": (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)}

    def init(self, key: jax.Array) -> Momentum:
        return Momentum(params=self.given.start, mean=jnp.zeros_like(self.given.start))

    def update(self, state: Momentum, batch: Any, key: jax.Array) -> Momentum:
        gradient = shift_gradient(self.spec, self.given, state.params, key)
        mean = (1 - self.momentum) * gradient + self.momentum * state.mean
        return Momentum(params=state.params - self.lr * mean, mean=mean)

    def angles(self, state: Momentum) -> jax.Array:
        return state.params
