"""Online elastic weight consolidation: one penalty around the last weights, with the Fisher information of all tasks.

**Source**: Schwarz et al., "Progress & Compress: A scalable framework for continual learning", 2018,
https://arxiv.org/abs/1805.06370, section 3.2 (online EWC).

    L(w) = L_t(w) + lambda sum_i F_i (w_i - w*_i)^2,   F <- gamma F + F_t,   w* the weights after the last task

**Differs from the paper**: 1. regression: the Fisher information of a Gaussian output at unit noise. 2. no compression
phase, the consolidation alone.

**Shapes**: b batch, t tasks.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.continual._task_networks import QuadraticPenalty, total
from toybench.tasks.continual import Points


class OnlineEWCHeads(QuadraticPenalty):
    """Memory: F and the last task's weights."""

    gamma: float = 1.0  # how much former tasks' information counts, 0 to 1; 1 forgets none on purpose

    def remember(self, params: Any) -> Any:
        return jax.tree.map(jnp.zeros_like, (params, params))

    def consolidate(self, params: Any, memory: Any, fisher: Any) -> Any:
        return jax.tree.map(lambda s, f: self.gamma * s + f, memory[0], fisher), params

    def loss(self, params: Any, memory: Any, batch: Points) -> jax.Array:
        apart = total(jax.tree.map(lambda w, f, c: f * (w - c) ** 2, params, *memory))
        return super().loss(params, memory, batch) + self.weight * apart
