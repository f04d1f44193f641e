"""Implicit Q-learning: expectiles of values over recorded actions, and cloning weighted by advantage.

**Source**: Kostrikov, Nair and Levine, "Offline Reinforcement Learning with Implicit Q-Learning", 2021,
https://arxiv.org/abs/2110.06169 (equations 5 to 7, from memory).

    V: expectile of min_j Q'_j(x, u);  Q_j: r + discount V(x1);  pi: -exp(beta (min_j Q'_j - V)) log pi(u | x)

**Differs from the paper**: 1. deviations depend on the place. 2. The mean is squashed by tanh, not the density. 3.
Two hidden layers of 64 units, 2000 updates, targets follow at 0.02. 4. Values are means of rewards: beta is 20 times
the paper's for the same weights.

**Shapes**: b transitions, k numbers of an action, n episodes, j critics.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.rl import expectile, gaussian_log_density
from toybench.methods.offline_control._critics import (
    Params,
    Trained,
    advantage_weight,
    backed_up,
    critics,
    fresh,
    fresh_critics,
    frozen,
    gaussian,
    squared_error,
    value,
)
from toybench.tasks.offline_control import Transitions


class IQL(Trained):
    """A Gaussian policy; its mean is the action."""

    level: float = 0.9  # of the expectile, 0.5 (the recorded policy's value) to 1; the paper's 0.7 and 0.9
    beta: float = 20.0  # inverse temperature, per mean reward; the paper's 3 and 10 are 60 and 200 here

    space = {"lr": (0.001, 0.003, 0.01), "level": (0.7, 0.9, 0.97), "beta": (5.0, 20.0, 80.0)}

    def networks(self, key: jax.Array) -> Params:
        one, two, three = jax.random.split(key, 3)
        return {
            "policy": fresh(one, 0, 2 * self.spec.actions),
            "critics": fresh_critics(two, self.spec.actions),
            "value": fresh(three, 0, 1),
        }

    def loss(self, params: Params, target: Params, batch: Transitions, key: jax.Array) -> jax.Array:
        q = critics(target["critics"], batch.x, batch.u).min(0)
        v = value(params["value"], batch.x)
        wanted = backed_up(batch, value(params["value"], batch.x1))
        error = squared_error(critics(params["critics"], batch.x, batch.u), wanted)
        mean, log_sd = gaussian(params["policy"], self.spec.actions, batch.x)
        fit = gaussian_log_density(batch.u, jnp.tanh(mean), log_sd)
        cloning = -(advantage_weight(self.beta, q - frozen(v)) * fit).mean()
        return expectile(q - v, self.level).mean() + error + cloning

    def action(self, params: Params, x: jax.Array, key: jax.Array) -> jax.Array:
        return jnp.tanh(gaussian(params["policy"], self.spec.actions, x)[0])
