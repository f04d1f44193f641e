"""Cloning that is told how well the rest of the episode went, and asked for more at test time.

**Source**: Emmons, Eysenbach, Kostrikov and Levine, "RvS: What is Essential for Offline RL via Supervised Learning?",
2021, https://arxiv.org/abs/2112.10751 (RvS-R, which conditions on the mean of the rewards to come; from memory).

    min  mean |u - tanh f(x, g)|^2        g: how well the rest went; act by f(x, target)

**Differs from the paper**: 1. g is 0 for the worst and 1 for the best of the recorded episodes from the same step on.
2. Two hidden layers of 64 units, 2000 updates, a deterministic policy.

**Shapes**: b transitions, k numbers of an action, n episodes.
"""

import jax
import jax.numpy as jnp

from toybench.methods.offline_control._critics import RATES, Params, Trained, fresh, output
from toybench.tasks.offline_control import Spec, Transitions


class ReturnConditioned(Trained):
    """A policy of the place and of what is asked for."""

    target: float = 0.9  # how well the rest shall go: 1 is as well as the best recorded episode

    space = {"lr": RATES, "target": (0.7, 0.8, 0.9, 1.0, 1.1)}

    def networks(self, key: jax.Array) -> Params:
        return {"policy": fresh(key, 1, self.spec.actions)}

    def loss(self, params: Params, target: Params, batch: Transitions, key: jax.Array) -> jax.Array:
        return ((self.policy(params, batch.x, batch.label) - batch.u) ** 2).mean()

    def policy(self, params: Params, x: jax.Array, label: jax.Array) -> jax.Array:
        """Actions [b, k] for labels [b, 1]."""
        return jnp.tanh(output(params["policy"], self.spec.actions, x, label))

    def action(self, params: Params, x: jax.Array, key: jax.Array) -> jax.Array:
        return self.policy(params, x, jnp.full((len(x), 1), self.target))

    def fits(self, spec: Spec) -> str | None:
        return None if spec.labels == 1 else "it asks for a return, which is one number"
