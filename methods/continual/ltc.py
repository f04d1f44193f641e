"""Liquid time-constant network: recurrent units whose time constants depend on input and state, with no retraining.

**Source**: Ayoub et al., "Liquid Neural Network-based Adaptive Learning vs. Incremental Learning for Link Load
Prediction amid Concept Drift due to Network Failures", 2024, https://arxiv.org/abs/2404.05304. The cell: Hasani et al.,
"Liquid Time-constant Networks", 2021, https://arxiv.org/abs/2006.04439, equations 1 and 3.

    dx/dt = -(1 / tau + f) x + f A,   f = sigmoid(W_i I + W_r x + b)
    x <- (x + dt f A) / (1 + dt (1 / tau + f))       fused solver

**Differs from the paper**: 1. 3 solver steps an hour instead of 6, and 16 units. 2. fully wired, one sigmoid a unit.

**Shapes**: b batch, w hours of a window, u units.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.continual._forecasters import Recurrent
from toybench.methods.continual._task_networks import normals


class LTC(Recurrent):
    """The solver's step is a weighted mean of x, 0 and A, so that units stay between 0 and A."""

    unfolds: int = 3  # solver steps an hour; the authors' cell: 6

    paper = "ayoub2024liquid"

    def cell(self, key: jax.Array) -> Any:
        u = self.units
        kernel, recurrent, reversal = normals(key, (1, u), (u, u), (u,))
        return {
            "in": kernel,
            "rec": recurrent / u**0.5,
            "bias": jnp.zeros(u),
            "reversal": reversal,  # A
            "leak": jnp.zeros(u),  # softplus: 1 / tau
        }

    def step(self, cell: Any, x: jax.Array, inputs: jax.Array) -> jax.Array:
        dt, rate = 1 / self.unfolds, jax.nn.softplus(cell["leak"])[None, :]
        seen = inputs @ cell["in"] + cell["bias"][None, :]
        for _ in range(self.unfolds):
            f = jax.nn.sigmoid(seen + x @ cell["rec"])
            x = (x + dt * f * cell["reversal"][None, :]) / (1 + dt * (rate + f))
        return x
