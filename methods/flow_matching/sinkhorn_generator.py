"""A generator that descends the debiased Sinkhorn divergence between its samples and the batch.

**Source**: Genevay, Peyre and Cuturi, "Learning Generative Models with Sinkhorn Divergences", 2018,
https://arxiv.org/abs/1706.00292, equation 5.

    W(x, y) - W(x, x) / 2 - W(y, y) / 2,   W = <plan, |x - y|^2> of the entropic plan

**Differs from the paper**: 1. the cost is a fixed squared distance, not a learned one. 2. twenty iterations, and
gradients through the costs alone: plans are held fixed.

**Shapes**: b points of a batch, n points.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import coupling, nn
from toybench.methods.flow_matching._planar import DIMS, State, Trained, at_once, plain

ITERATIONS = 20


class SinkhornGenerator(Trained):
    """A generator that moves its samples along entropic plans."""

    eps: float = 0.0125  # of the entropy, in units of squared distance, above 0

    space = {"lr": (0.004, 0.008, 0.016), "eps": (0.003, 0.0125, 0.05)}

    def begin(self, key: jax.Array) -> Any:
        return nn.init(plain(), key, jnp.zeros((1, DIMS)))

    def loss(self, params: Any, points: jax.Array, key: jax.Array) -> jax.Array:
        samples = plain().apply(params, jax.random.normal(key, points.shape))
        return divergence(points, samples, self.eps)

    def generate(self, state: State, start: jax.Array, key: jax.Array, calls: int) -> jax.Array:
        return at_once(start, plain().apply(state.params, start))

    def corrupt(self, state: State, points: jax.Array, noise: jax.Array, calls: int) -> jax.Array:
        return at_once(noise, points)


def transported(x: jax.Array, y: jax.Array, eps: float | jax.Array) -> jax.Array:
    """<plan, cost> of the entropic plan between two samples; its gradient is that of the cost."""
    cost = ((x[:, None, :] - y[None, :, :]) ** 2).sum(-1)
    plan = coupling.sinkhorn(jax.lax.stop_gradient(cost), eps, ITERATIONS)
    return (plan * cost).sum()


def divergence(x: jax.Array, y: jax.Array, eps: float | jax.Array) -> jax.Array:
    """Sinkhorn divergence of two samples, 0 where they are the same."""
    return transported(x, y, eps) - 0.5 * transported(x, x, eps) - 0.5 * transported(y, y, eps)
