"""Closed-form continuous-time network: a liquid network whose solution is written down instead of solved for.

**Source**: Ayoub et al., "Liquid Neural Network-based Adaptive Learning vs. Incremental Learning for Link Load
Prediction amid Concept Drift due to Network Failures", 2024, https://arxiv.org/abs/2404.05304. The cell: Hasani et al.,
"Closed-form Continuous-time Neural Networks", 2022, https://arxiv.org/abs/2106.13898, equation 4.

    h = tanh(W [I, x]),   s = sigmoid(-f(h) t),   x <- s * g(h) + (1 - s) * k(h)       t = 1 hour

**Differs from the paper**: 1. 16 units and one shared layer as wide. 2. f has a bias, as in the authors' code.

**Shapes**: b batch, w hours of a window, u units.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.continual._forecasters import Recurrent
from toybench.methods.continual._task_networks import normals


class CfC(Recurrent):
    """Gated between two candidates by elapsed time."""

    paper = "ayoub2024liquid"

    def cell(self, key: jax.Array) -> Any:
        u = self.units
        shared, heads = normals(key, (u + 1, u), (u, 3 * u))
        return {
            "shared": shared / (u + 1) ** 0.5,
            "bias": jnp.zeros(u),
            "heads": heads / u**0.5,
            "shift": jnp.zeros(3 * u),
        }

    def step(self, cell: Any, x: jax.Array, inputs: jax.Array) -> jax.Array:
        h = jnp.tanh(jnp.concatenate([inputs, x], 1) @ cell["shared"] + cell["bias"][None, :])
        f, g, k = jnp.split(h @ cell["heads"] + cell["shift"][None, :], 3, axis=1)
        s = jax.nn.sigmoid(-f)
        return s * jnp.tanh(g) + (1 - s) * jnp.tanh(k)
