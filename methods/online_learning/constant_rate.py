"""Gradient descent with one step size for all rounds.

**Source**: the baseline of Fahrbach, Javanmard, Mirrokni and Worah, "Learning Rate Schedules in the Presence of
Distribution Shift", 2023, https://arxiv.org/abs/2303.15634.

    w <- w + lr (y - w . x) x

**Differs from the paper**: nothing.

**Shapes**: n streams, d dimensions.
"""

import jax

from toybench import Method
from toybench.methods.online_learning._tracking import Tracked, follow, start
from toybench.tasks.online_learning import Example


class ConstantRate(Method):
    """Tuned for the whole horizon, so that it has seen the drift's size in its own way."""

    lr: float = 0.05  # step size

    deterministic = True
    space = {"lr": (0.02, 0.03, 0.045, 0.06, 0.08, 0.11)}

    def init(self, key: jax.Array) -> Tracked:
        return start(self.spec.streams, self.spec.dim)

    def update(self, state: Tracked, batch: Example, key: jax.Array) -> Tracked:
        return Tracked(params=follow(state.params, batch.x, batch.y, self.lr), seen=state.seen + 1)

    def weights(self, state: Tracked) -> jax.Array:
        return state.params
