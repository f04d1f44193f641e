"""Adaptive gradient descent without descent: a step as long as the curvature along the last one allows.

**Source**: Malitsky, Mishchenko: Adaptive Gradient Descent without Descent, 2020, https://arxiv.org/abs/1910.09529
(abstract, introduction), Algorithm 1.

    eta = min(sqrt(1 + theta) eta_old, |w - w_old| / (2 |g(w) - g(w_old)|))        theta = eta / eta_old
    w <- w - eta g(w)

**Differs from the paper**: (1) both gradients are taken on this batch; where it holds all points, the old one is the
last update's, and one gradient is charged. (2) where nothing has changed in float32 the step stays.

**Shapes**: those of the task's weights.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks.curvature import inner
from toybench.blocks.descent import Batch, Descent, Now, Weights
from toybench.methods.learning_rates._curvature_step import next_step


class Last(NamedTuple):
    """The weights before the last update, its step length and that one's ratio to the one before."""

    weights: Weights
    eta: jax.Array
    theta: jax.Array


class AdGD(Descent):
    """A step from the local curvature."""

    lr: float = 1.0  # multiple of the rule's own step, above 0
    schedule: str = "constant"  # cosine, linear, constant, inverse_sqrt or wsd
    warmup: float = 0.0  # share of the updates in which the multiple rises linearly, 0 to 1
    first: float = 1e-4  # length of the first step, above 0

    unit = 1.0
    space = {
        "first": (1e-8, 3e-8, 1e-7, 3e-7, 1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3),
    }

    def start(self, weights: Weights) -> Last:
        return Last(weights=weights, eta=jnp.asarray(self.first, jnp.float32), theta=jnp.full((), jnp.inf))

    def step(self, now: Now, weights: Weights, slots: Last, batch: Batch, key: jax.Array) -> tuple[Weights, Last]:
        gradient = jax.grad(self.spec.loss)(weights, batch)
        old = jax.grad(self.spec.loss)(slots.weights, batch)
        moved = jax.tree.map(jnp.subtract, weights, slots.weights)
        changed = jax.tree.map(jnp.subtract, gradient, old)
        eta, theta = next_step(slots.eta, slots.theta, inner(moved, moved) ** 0.5, inner(changed, changed) ** 0.5)
        new = jax.tree.map(lambda w, g: w - now.rate * eta * g, weights, gradient)
        # before the first update nothing has moved: theta stays infinite, so that the next step is the curvature's
        return new, Last(weights=weights, eta=eta, theta=jnp.where(now.done == 0, jnp.inf, theta))
