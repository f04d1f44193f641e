"""Adaptive conformal inference: nudge the set size after every loss.

**Source**: Gibbs and Candès, "Adaptive Conformal Inference Under Distribution Shift", 2021,
https://arxiv.org/abs/2106.00170; for other losses than miscoverage Feldman, Ringel, Bates and Romano, "Achieving Risk
Control in Online Learning Settings", 2022, https://arxiv.org/abs/2205.09095.

    theta_{t+1} = theta_t + gamma (L_t(theta_t) - alpha)
    | 1/T sum_t L_t(theta_t) - alpha | <= (1 + gamma) / (gamma T)      for any sequence with L = 1 at size 0 and 0 at 1

**Differs from the paper**: 1. theta is the set size itself, clipped to a grid of 201 values when it is used. 2. it
starts at the largest set.

**Shapes**: r replicates, n points, g sizes on the grid.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.conformal._risk import TIE
from toybench.tasks.conformal._risk import Losses, RiskSpec


class AdaptiveConformal(Method):
    """No calibration set and no assumption; the guarantee is on the average over time."""

    gamma: float = 0.01  # step of the size, in units of the whole grid; the paper's is 0.005 of the level

    deterministic = True
    space = {"gamma": (0.003, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6)}

    def fits(self, spec: RiskSpec) -> str | None:
        return "it learns from its own losses over time, not from a calibration set" if spec.points else None

    def init(self, key: jax.Array) -> jax.Array:
        return jnp.ones((self.spec.replicates,))

    def size_index(self, state: jax.Array) -> jax.Array:
        last = self.spec.grid - 1
        return jnp.clip(jnp.ceil(state * last - TIE), 0, last).astype(jnp.int32)

    def nudge(self, theta: jax.Array, loss: jax.Array) -> tuple[jax.Array, None]:
        """One point, losses [r, g]."""
        own = jnp.take_along_axis(loss, self.size_index(theta)[:, None], axis=1)[:, 0]
        return theta + self.gamma * (own - self.given), None

    def update(self, state: jax.Array, batch: Losses, key: jax.Array) -> jax.Array:
        return jax.lax.scan(self.nudge, state, jnp.moveaxis(batch.loss, 1, 0))[0]
