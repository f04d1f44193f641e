"""Sequential Laplace approximation: a diagonal Gaussian around the last weights, its precision summed over tasks.

**Source**: Ritter, Botev and Barber, "Online Structured Laplace Approximations for Overcoming Catastrophic Forgetting",
2018, https://arxiv.org/abs/1805.07810, equations 7 to 9, with a diagonal curvature.

    w_t = argmin_w  -log p(D_t | w) + strength / 2 sum_i A_i (w_i - w_{t-1,i})^2,   A <- A + diag Gauss-Newton(D_t, w_t)

**Differs from the paper**: 1. a diagonal curvature instead of a Kronecker-factored one. 2. one head for all classes.

**Shapes**: n points of a task, c classes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.continual._class_networks import ClassNetwork, cross_entropy
from toybench.methods.continual._task_networks import layers, total
from toybench.tasks.continual import LabelledBatch


class SequentialLaplace(ClassNetwork):
    """Memory: precisions A, from the prior's 1, and the last weights, from 0."""

    strength: float = 1.0  # weight of the prior; 1 is the Bayesian one

    space = {"lr": (0.003, 0.01), "strength": (1.0, 10.0, 100.0)}

    def remember(self, params: Any) -> Any:
        return jax.tree.map(jnp.ones_like, params), jax.tree.map(jnp.zeros_like, params)

    def curvature(self, params: Any, batch: LabelledBatch) -> Any:
        """Diagonal of the Gauss-Newton matrix, summed over the task's points: E_{y ~ p(y | x)} (d log p(y | x))^2."""

        def log_probabilities(p: Any, x: jax.Array) -> jax.Array:
            y = jnp.arange(self.spec.classes)
            scores = jnp.broadcast_to(layers(self.widths, x[None], p), (self.spec.classes, self.spec.classes))
            return -cross_entropy(scores, y, batch.seen)

        def one(x: jax.Array) -> Any:
            share = jnp.exp(log_probabilities(params, x)) * batch.seen.astype(x.dtype)
            slopes = jax.jacrev(log_probabilities)(params, x)
            return jax.tree.map(lambda g: jnp.tensordot(share, g**2, 1), slopes)

        return jax.tree.map(lambda g: g.sum(0), jax.vmap(one)(batch.all_x))

    def after(self, params: Any, memory: Any, batch: LabelledBatch) -> Any:
        def consolidate() -> Any:
            return jax.tree.map(jnp.add, memory[0], self.curvature(params, batch)), params

        return jax.lax.cond(batch.end, consolidate, lambda: memory)

    def loss(self, params: Any, memory: Any, batch: LabelledBatch, key: jax.Array) -> jax.Array:
        apart = total(jax.tree.map(lambda w, a, c: a * (w - c) ** 2, params, *memory))
        return super().loss(params, memory, batch, key) + 0.5 * self.strength * apart / self.spec.points
