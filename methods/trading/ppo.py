"""Proximal policy optimisation of a market maker, from its profit or from its closed trades.

**Source**: Sadighian, "Deep Reinforcement Learning in Cryptocurrency Market Making", 2019,
https://arxiv.org/abs/1911.08647; rewards read in the author's code, `gym_trading/utils/reward.py` (functions
`default_with_fills` and `trade_completion`), quotes in `gym_trading/envs/market_maker.py`. The algorithm: Schulman et
al., "Proximal Policy Optimization Algorithms", 2017, https://arxiv.org/abs/1707.06347 (from memory).

    loss = -mean min(rho A, clip(rho, 1 - eps, 1 + eps) A) + w (V - R)^2 - entropy

**Differs from the paper**: 1. tanh layers of 32 units and 5 numbers to see, where it has an order book's features. 2.
25 pairs of distances; there 15 pairs, one action that changes nothing and one that closes all at once. 3. advantages
are standardised over the days of an update. 4. the threshold of a good trip is two fees of the quotes taken; the
release's is two fees of market orders. 96 of 100 closed trades of the best policy exceed it. 5. the profit reward is
the whole change of wealth; the release adds the realised profit of closed trades to the change in value of what is held
(`default_with_fills`). 6. quotes are renewed at every step; there they rest in the book and can be left alone. 7. gains
are settled at average cost; there first in, first out.

**Shapes**: n days, T steps, o numbers of an observation.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks.optim import descend
from toybench.blocks.rl import advantages, ppo_loss
from toybench.methods.trading._actor_critic import DECAY, DISCOUNT, WEIGHT, Quoting, State, standardised
from toybench.tasks.trading import Days

CLIP = 0.2
PASSES = 4  # over each batch of days, the whole of it at once


class PPO(Quoting):
    """Several clipped steps for each batch of days."""

    paper = "sadighian2019deep"
    updates = PASSES

    def update(self, state: State, batch: Days, key: jax.Array) -> State:
        before, _, values = self.judged(state.params, batch)
        rewards = self.rewards(batch)
        ahead = advantages(rewards, values.at[-1].set(0.0), jnp.ones_like(rewards), DISCOUNT, DECAY)
        returns = ahead + values[:-1]
        gain = standardised(ahead)

        def loss(params: Any) -> jax.Array:
            logs, entropy, estimate = self.judged(params, batch)
            error = ((estimate[:-1] - returns) ** 2).mean()
            return ppo_loss(logs - before, gain, CLIP) + WEIGHT * error - self.entropy * entropy.mean()

        def step(_: int, now: State) -> State:
            params, opt = descend(self.optimizer(), jax.grad(loss)(now.params), now.opt, now.params)
            return State(params=params, opt=opt)

        return jax.lax.fori_loop(0, PASSES, step, state)
