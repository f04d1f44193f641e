"""Piggyback: a binary mask for each task on the weights of the published network.

**Source**: Mallya, Davis and Lazebnik, "Piggyback: Adapting a Single Network to Multiple Tasks by Learning to Mask
Weights", 2018, https://arxiv.org/abs/1801.06519 (section 3).

    W_t = W * 1[M_t > 0.005],    M_t starts at 0.01 and gets the gradient of the mask

**Differs from the paper**: 1. biases are trained for each task, as the other methods do.

**Shapes**: b batch, d inputs, h hidden units, c classes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.continual._nets import TaskNets, per_task, straight_through
from toybench.tasks.continual import Net

START, THRESHOLD = 0.01, 0.005


def masked(weights: jax.Array, scores: jax.Array) -> jax.Array:
    """The weights where the score exceeds the threshold, 0 elsewhere; the gradient passes to the scores."""
    return weights * straight_through(scores, (scores > THRESHOLD).astype(scores.dtype))


class Piggyback(TaskNets):
    """One bit a weight."""

    space = {"lr": (0.0003, 0.001, 0.003)}

    def begin(self, fresh: Net, params: Any) -> Net:
        old = self.given.net
        scores = (jnp.full(w.shape, START) for w in (old.w1, old.w2))
        return old._replace(w1=next(scores), w2=next(scores), head=fresh.head, bias=fresh.bias)

    def build(self, params: Net) -> Net:
        old = self.given.net
        return params._replace(w1=masked(old.w1, params.w1), w2=masked(old.w2, params.w2))

    def stored_bits(self, state: Any) -> float:
        return per_task(self.spec, self.spec.weights) + 32.0 * self.spec.weights
