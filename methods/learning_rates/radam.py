"""Rectified Adam: the adaptive rate is shrunk while few gradients make its variance large.

**Source**: Liu, Jiang, He, Chen, Liu, Gao, Han: On the Variance of the Adaptive Learning Rate and Beyond, 2019,
https://arxiv.org/abs/1908.03265 (abstract, introduction), and the authors' code, LiyuanLucasLiu/RAdam,
`radam/radam.py`, `PlainRAdam`.

    rho_max = 2 / (1 - b2) - 1        rho = rho_max - 2 t b2^t / (1 - b2^t)
    r = sqrt((rho - 4) (rho - 2) rho_max / ((rho_max - 4) (rho_max - 2) rho))
    rho > 4: w <- w - rate r m_hat / (sqrt(v_hat) + eps)        else: w <- w - rate m_hat

**Differs from the paper**: (1) the code adapts from rho >= 5 on and makes no step before unless told to; here it
is the paper's rho > 4, with steps of plain momentum before.

**Shapes**: those of the task's weights; n streams of gradients.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks.descent import Batch, Descent, Now, Slots, State, Weights

TRACTABLE = 4.0  # degrees of freedom above which the rate has a variance


class Moments(NamedTuple):
    """Forgetting means of the gradient and of its square."""

    mean: Weights
    square: Weights


class RAdam(Descent):
    """Adam with a rectified rate."""

    lr: float = 0.003  # learning rate, above 0
    schedule: str = "constant"  # cosine, linear, constant, inverse_sqrt or wsd
    warmup: float = 0.0  # share of the updates in which the rate rises linearly, 0 to 1
    b1: float = 0.9  # forgetting of the mean, 0 to 1
    b2: float = 0.999  # forgetting of the square, 0 to 1
    eps: float = 1e-8  # added to the root, 0 or more

    paper = "liu2019variance"
    unit = 0.003

    def start(self, weights: Weights) -> Moments:
        return Moments(mean=jax.tree.map(jnp.zeros_like, weights), square=jax.tree.map(jnp.zeros_like, weights))

    def freedom(self, t: jax.Array) -> tuple[jax.Array, jax.Array]:
        """(rho, r): the length of the average that v_hat amounts to after t gradients, and the rectification."""
        most = 2 / (1 - self.b2) - 1
        fallen = jnp.expm1(t * jnp.log1p(self.b2 - 1))  # b2^t - 1, which in float32 a difference would blur
        rho = most + 2 * t * (1 + fallen) / fallen
        safe = jnp.maximum(rho, TRACTABLE)
        r = jnp.sqrt((safe - 4) * (safe - 2) * most / ((most - 4) * (most - 2) * safe))
        return rho, r

    def step(self, now: Now, weights: Weights, slots: Slots, batch: Batch, key: jax.Array) -> tuple[Weights, Slots]:
        gradient = jax.grad(self.spec.loss)(weights, batch)
        mean = jax.tree.map(lambda m, g: self.b1 * m + (1 - self.b1) * g, slots.mean, gradient)
        square = jax.tree.map(lambda v, g: self.b2 * v + (1 - self.b2) * g**2, slots.square, gradient)
        t = (now.done + 1).astype(jnp.float32)
        rho, r = self.freedom(t)

        def move(w: jax.Array, m: jax.Array, v: jax.Array) -> jax.Array:
            corrected = m / (1 - self.b1**t)
            root = jnp.sqrt(v / (1 - self.b2**t)) + self.eps
            return w - now.rate * corrected * jnp.where(rho > TRACTABLE, r / root, 1.0)

        return jax.tree.map(move, weights, mean, square), Moments(mean=mean, square=square)

    def rate_factor(self, state: State, square: jax.Array, count: int) -> jax.Array:
        """What multiplies the mean of gradients after `count` of them whose corrected mean square [n] is `square`."""
        rho, r = self.freedom(jnp.float32(count))
        return jnp.where(rho > TRACTABLE, r / (jnp.sqrt(square) + self.eps), 1.0)
