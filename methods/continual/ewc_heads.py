"""Elastic weight consolidation: each former task holds the weights by its own quadratic penalty.

**Source**: Kirkpatrick et al., "Overcoming catastrophic forgetting in neural networks", 2017,
https://arxiv.org/abs/1612.00796, equation 3, with one penalty a task.

    L(w) = L_t(w) + lambda sum_{j<t} sum_i F_ji (w_i - w*_ji)^2,   F_j = E (d f(x, j) / d w)^2 at w*_j

**Differs from the paper**: 1. regression: the Fisher information of a Gaussian output at unit noise; lambda takes up
the noise. 2. the sum over tasks is kept as sum F and sum F w*, which has the same gradient. 3. tanh units, a head
a task.

**Shapes**: b batch, t tasks.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.continual._task_networks import QuadraticPenalty, total
from toybench.tasks.continual import Points


class EWCHeads(QuadraticPenalty):
    """Memory: sum_j F_j and sum_j F_j w*_j, as large as two networks whatever the number of tasks."""

    def remember(self, params: Any) -> Any:
        return jax.tree.map(jnp.zeros_like, (params, params))

    def consolidate(self, params: Any, memory: Any, fisher: Any) -> Any:
        strength = jax.tree.map(jnp.add, memory[0], fisher)
        return strength, jax.tree.map(lambda m, f, w: m + f * w, memory[1], fisher, params)

    def loss(self, params: Any, memory: Any, batch: Points) -> jax.Array:
        pulled = total(jax.tree.map(lambda w, f, m: f * w**2 - 2 * m * w, params, *memory))  # up to a constant
        return super().loss(params, memory, batch) + self.weight * pulled
