"""Advantage actor-critic of a market maker: one step along the policy gradient for each batch of days.

**Source**: Sadighian, "Deep Reinforcement Learning in Cryptocurrency Market Making", 2019,
https://arxiv.org/abs/1911.08647; rewards read in the author's code, `gym_trading/utils/reward.py`. The algorithm: Mnih
et al., "Asynchronous Methods for Deep Reinforcement Learning", 2016, https://arxiv.org/abs/1602.01783 (from memory).

    loss = -mean A log pi + w (V - R)^2 - entropy

**Differs from the paper**: 1. as for `ppo`. 2. generalised advantages in place of returns of a few steps. 3. one step
for each batch of 32 whole days, 100 in all, where the algorithm steps after every few quotes.

**Shapes**: n days, T steps, o numbers of an observation.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks.optim import descend
from toybench.blocks.rl import advantages
from toybench.methods.trading._actor_critic import DECAY, DISCOUNT, WEIGHT, Quoting, State, standardised
from toybench.tasks.trading import Days


class A2C(Quoting):
    """Every day is used once."""

    paper = "sadighian2019deep"

    def update(self, state: State, batch: Days, key: jax.Array) -> State:
        _, _, values = self.judged(state.params, batch)
        rewards = self.rewards(batch)
        ahead = advantages(rewards, values.at[-1].set(0.0), jnp.ones_like(rewards), DISCOUNT, DECAY)
        returns = ahead + values[:-1]
        gain = standardised(ahead)

        def loss(params: Any) -> jax.Array:
            logs, entropy, estimate = self.judged(params, batch)
            error = ((estimate[:-1] - returns) ** 2).mean()
            return -(gain * logs).mean() + WEIGHT * error - self.entropy * entropy.mean()

        params, opt = descend(self.optimizer(), jax.grad(loss)(state.params), state.opt, state.params)
        return State(params=params, opt=opt)
