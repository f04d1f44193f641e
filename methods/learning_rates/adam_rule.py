"""Adam's direction, of whose rate the surge is claimed.

**Source**: Li, Zhao, Zhang, Sun, Wu and others: Surge Phenomenon in Optimal Learning Rate and Batch Size Scaling, 2024,
https://arxiv.org/abs/2405.14578, Section 3.1 and Table 1; Kingma, Ba: Adam, 2015, https://arxiv.org/abs/1412.6980,
Algorithm 1.

    m <- b1 m + (1 - b1) g        v <- b2 v + (1 - b2) g^2
    u = m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps)

**Differs from the paper**: 1. its moments start at 0 with the run; the paper's runs go on from a given loss.

**Shapes**: those of the gradient.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.learning_rates._rules import Rule

EPS = 1e-8  # Adam's


class Moments(NamedTuple):
    """Running means of gradients and of their squares, and how many there were, float []."""

    mean: jax.Array
    square: jax.Array
    seen: jax.Array


class AdamRule(Rule):
    """Mean over root mean square, both corrected for their start at 0."""

    b1: float = 0.9  # forgetting of the mean, 0 to 1; this and the next: one of the paper's two settings
    b2: float = 0.999  # forgetting of the square, 0 to 1

    unit = 0.007  # as the sign's
    paper = "li2024surge"

    def start(self, state: tuple, weights: jax.Array) -> Moments:
        return Moments(mean=jnp.zeros_like(weights), square=jnp.zeros_like(weights), seen=jnp.zeros(()))

    def direction(self, state: tuple, gradient: jax.Array, memory: Moments) -> tuple[jax.Array, Moments]:
        seen = memory.seen + 1
        mean = self.b1 * memory.mean + (1 - self.b1) * gradient
        square = self.b2 * memory.square + (1 - self.b2) * gradient**2
        root = jnp.sqrt(square / (1 - self.b2**seen)) + EPS
        return mean / (1 - self.b1**seen) / root, Moments(mean=mean, square=square, seen=seen)
