"""TD3 whose policy is pulled to the recorded actions.

**Source**: Fujimoto and Gu, "A Minimalist Approach to Offline Reinforcement Learning", 2021,
https://arxiv.org/abs/2106.06860 (equations 3 to 5 and algorithm, from memory).

    y = r + discount min_j Q'_j(x1, pi'(x1) + clipped noise)
    min over pi of  -weight Q_1(x, pi(x)) / mean|Q_1(x, pi(x))| + |pi(x) - u|^2

**Differs from the paper**: 1. the policy moves at every update, not at every second. 2. Two hidden layers of 64
units, 2000 updates, targets follow at 0.02. 3. Values are means of rewards.

**Shapes**: b transitions, k numbers of an action, n episodes, j critics.
"""

import jax
import jax.numpy as jnp

from toybench.methods.offline_control._critics import (
    RATES,
    Params,
    Trained,
    backed_up,
    critics,
    fresh,
    fresh_critics,
    frozen,
    greedy,
    squared_error,
)
from toybench.tasks.offline_control import Transitions

NOISE = 0.2  # standard deviation of what is added to the target policy's actions, the authors' value
NOISE_CLIP = 0.5  # its largest size, the authors' value


class TD3BC(Trained):
    """Deterministic policy, the smaller of two values."""

    weight: float = 2.5  # of the value against cloning, from 0 (cloning); the paper's 2.5

    space = {"lr": RATES, "weight": (0.1, 0.3, 1.0, 2.5, 6.0, 16.0)}

    def networks(self, key: jax.Array) -> Params:
        one, two = jax.random.split(key)
        return {"policy": fresh(one, 0, self.spec.actions), "critics": fresh_critics(two, self.spec.actions)}

    def loss(self, params: Params, target: Params, batch: Transitions, key: jax.Array) -> jax.Array:
        noise = jnp.clip(NOISE * jax.random.normal(key, batch.u.shape), -NOISE_CLIP, NOISE_CLIP)
        next_u = jnp.clip(greedy(target["policy"], self.spec.actions, batch.x1) + noise, -1.0, 1.0)
        wanted = backed_up(batch, critics(target["critics"], batch.x1, next_u).min(0))
        error = squared_error(critics(params["critics"], batch.x, batch.u), wanted)
        u = greedy(params["policy"], self.spec.actions, batch.x)
        q = critics(frozen(params["critics"]), batch.x, u)[0]
        scale = self.weight / jax.lax.stop_gradient(jnp.abs(q).mean())
        return error - scale * q.mean() + ((u - batch.u) ** 2).mean()

    def action(self, params: Params, x: jax.Array, key: jax.Array) -> jax.Array:
        return greedy(params["policy"], self.spec.actions, x)
