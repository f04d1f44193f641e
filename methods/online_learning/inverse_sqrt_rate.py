"""Gradient descent with a step size that falls as 1 / sqrt(t).

**Source**: a baseline of Fahrbach, Javanmard, Mirrokni and Worah, "Learning Rate Schedules in the Presence of
Distribution Shift", 2023, https://arxiv.org/abs/2303.15634; the schedule of Zinkevich, 2003,
https://dl.acm.org/doi/10.5555/3041838.3041955.

    w <- w + min(lr / sqrt(t), largest) (y - w . x) x

**Differs from the paper**: 1. steps are at most 1 / (d + 2), the best one without noise: the rates that suit the late
rounds would diverge in the first.

**Shapes**: n streams, d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.online_learning._tracking import Tracked, follow, start
from toybench.tasks.online_learning import Example


class InverseSqrtRate(Method):
    """The schedule for a law that stands still."""

    lr: float = 1.0  # step size of the first round, before it is cut

    deterministic = True
    space = {"lr": (0.25, 0.5, 0.75, 1.0, 1.5, 2.0)}

    def init(self, key: jax.Array) -> Tracked:
        return start(self.spec.streams, self.spec.dim)

    def update(self, state: Tracked, batch: Example, key: jax.Array) -> Tracked:
        rate = jnp.minimum(self.lr / jnp.sqrt(state.seen + 1), 1 / (self.spec.dim + 2))
        return Tracked(params=follow(state.params, batch.x, batch.y, rate), seen=state.seen + 1)

    def weights(self, state: Tracked) -> jax.Array:
        return state.params
