"""Implicit Q-learning with a mixture of Gaussians as policy, a draw of which is the action.

**Source**: the control for quantised actions: Kostrikov, Nair and Levine, "Offline Reinforcement Learning with
Implicit Q-Learning", 2021, https://arxiv.org/abs/2110.06169 (equations 5 to 7, from memory), with a policy of several
modes.

    V: expectile of min_j Q'_j(x, u);  Q_j: r + discount V(x1);  pi: -exp(beta (min_j Q'_j - V)) log sum_m w_m N_m(u)

**Differs from the paper**: 1. the policy. 2. Means are squashed by tanh. 3. Two hidden layers of 64 units, 2000
updates, targets follow at 0.02. 4. Values are means of rewards: beta is 20 times the paper's for the same weights.

**Shapes**: b transitions, k numbers of an action, m components, n episodes, j critics.
"""

import jax

from toybench.blocks.rl import expectile
from toybench.methods.offline_control._critics import (
    Params,
    Trained,
    advantage_weight,
    backed_up,
    critics,
    fresh,
    fresh_critics,
    frozen,
    mixture,
    mixture_draw,
    mixture_log_density,
    mixture_mode,
    squared_error,
    value,
)
from toybench.tasks.offline_control import Transitions


class IQLMixture(Trained):
    """Several Gaussians, weighted by advantage."""

    level: float = 0.9  # of the expectile, 0.5 (the recorded policy's value) to 1; the paper's 0.7 and 0.9
    beta: float = 20.0  # inverse temperature, per mean reward; the paper's 3 and 10 are 60 and 200 here
    parts: int = 3  # components
    likeliest: bool = False  # whether the mean of the likeliest component is the action, not a draw

    space = {"lr": (0.001, 0.003, 0.01), "level": (0.7, 0.9, 0.97), "beta": (5.0, 20.0, 80.0)}

    def networks(self, key: jax.Array) -> Params:
        one, two, three = jax.random.split(key, 3)
        return {
            "policy": fresh(one, 0, self.parts * (1 + 2 * self.spec.actions)),
            "critics": fresh_critics(two, self.spec.actions),
            "value": fresh(three, 0, 1),
        }

    def loss(self, params: Params, target: Params, batch: Transitions, key: jax.Array) -> jax.Array:
        q = critics(target["critics"], batch.x, batch.u).min(0)
        v = value(params["value"], batch.x)
        wanted = backed_up(batch, value(params["value"], batch.x1))
        error = squared_error(critics(params["critics"], batch.x, batch.u), wanted)
        law = mixture(params["policy"], self.spec.actions, self.parts, batch.x)
        cloning = -(advantage_weight(self.beta, q - frozen(v)) * mixture_log_density(law, batch.u)).mean()
        return expectile(q - v, self.level).mean() + error + cloning

    def action(self, params: Params, x: jax.Array, key: jax.Array) -> jax.Array:
        law = mixture(params["policy"], self.spec.actions, self.parts, x)
        return mixture_mode(law) if self.likeliest else mixture_draw(law, key)
