"""OASIS: a step that adapts its length to the local curvature, in the norm of an estimated diagonal of the Hessian.

**Source**: Jahani, Rusakov, Shi, Richtarik, Mahoney, Takac: Doubly Adaptive Scaled Algorithm for Machine Learning
Using Second-Order Information, 2021, https://arxiv.org/abs/2109.05198 (abstract, introduction), and others' code after
it, a function `oasis_adaptive` in JAX; the authors' code could not be found.

    D <- beta D + (1 - beta) z * (H z)        D_hat = max(|D|, floor)
    eta = min(sqrt(1 + theta) eta_old, |w - w_old|_D_hat / (2 |g(w) - g(w_old)|_{D_hat^-1}))
    w <- w - eta D_hat^-1 g(w)        theta = eta / eta_old

**Differs from the paper**: (1) D starts as the mean of 10 probes, which aren't charged. (2) both gradients are taken on
this batch; where it holds all points, the old one is the last update's and isn't charged: a gradient and a product
with the Hessian are. (3) where nothing has changed in float32 the step length stays. (4) beta is tuned.

**Shapes**: those of the task's weights; k probes.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Batch, Descent, Now, Weights
from toybench.methods.learning_rates._curvature_step import next_step
from toybench.methods.learning_rates._hutchinson import follow_diagonal, truncated


class Last(NamedTuple):
    """The diagonal, the weights before the last update, its step length and that one's ratio to the one before."""

    diagonal: Weights
    weights: Weights
    eta: jax.Array
    theta: jax.Array


class OASIS(Descent):
    """A step from the local curvature, along the gradient over the Hessian's diagonal."""

    lr: float = 1.0  # multiple of the rule's own step, above 0
    schedule: str = "constant"  # cosine, linear, constant, inverse_sqrt or wsd
    warmup: float = 0.0  # share of the updates in which the multiple rises linearly, 0 to 1
    first: float = 1e-3  # length of the first step, in which 1 is Newton's, above 0
    beta: float = 0.99  # forgetting of the diagonal, 0 to 1
    floor: float = 1e-8  # least entry of the diagonal, above 0

    paper = "jahani2021doubly"
    cost = 2
    unit = 1.0
    space = {"beta": (0.3, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999), "floor": (1e-8, 1e-5)}

    def start(self, weights: Weights) -> Last:
        return Last(
            diagonal=jax.tree.map(jnp.zeros_like, weights),
            weights=weights,
            eta=jnp.asarray(self.first, jnp.float32),
            theta=jnp.full((), jnp.inf),
        )

    def step(self, now: Now, weights: Weights, slots: Last, batch: Batch, key: jax.Array) -> tuple[Weights, Last]:
        def loss(w: Weights) -> jax.Array:
            return self.spec.loss(w, batch)

        diagonal = follow_diagonal(loss, weights, slots.diagonal, self.beta, now.done, key)
        scale = truncated(diagonal, self.floor)
        gradient = jax.grad(loss)(weights)
        moved = jax.tree.map(jnp.subtract, weights, slots.weights)
        changed = jax.tree.map(jnp.subtract, gradient, jax.grad(loss)(slots.weights))
        eta, theta = next_step(slots.eta, slots.theta, norm(moved, scale), norm(changed, inverse(scale)))
        new = jax.tree.map(lambda w, g, d: w - now.rate * eta * g / d, weights, gradient, scale)
        # before the first update nothing has moved: theta stays infinite, so that the next step is the curvature's
        theta = jnp.where(now.done == 0, jnp.inf, theta)
        return new, Last(diagonal=diagonal, weights=weights, eta=eta, theta=theta)


def norm(vector: Weights, scale: Weights) -> jax.Array:
    """sqrt(sum scale vector^2)."""
    squares = jax.tree.map(lambda v, d: jnp.sum(d * v**2), vector, scale)
    return jnp.sqrt(sum(jax.tree.leaves(squares), start=jnp.zeros(())))


def inverse(scale: Weights) -> Weights:
    """1 / scale."""
    return jax.tree.map(lambda d: 1 / d, scale)
