"""Q-decomposition: a value for each reward channel, all of the policy that is greedy in their sum.

**Source**: Russell and Zimdars, "Q-Decomposition for Reinforcement Learning Agents", 2003, from memory; as the identity
maps of Fatemi and Tavakoli, "Orchestrated Value Mapping for Reinforcement Learning", 2022,
https://arxiv.org/abs/2203.07171, authors' code `map_rl/map_dqn_agent.py`, `_build_target_q_op`.

    q_j <- q_j + rate (r_j + discount q_j(s1, a*) - q_j),   a* = argmax_a sum_j q_j(s1, a)

**Differs from the paper**: 1. tiles, single random transitions, and a rate that falls to 3 % by an exponential.

**Shapes**: c chains, j = 2 channels, f features.
"""

import jax

from toybench.methods.value_learning._tables import TileLearner


class ChannelQ(TileLearner):
    """A value for what each end pays."""

    rate: float = 0.1  # at the start, 0 to 1

    deterministic = True
    space = {"rate": (0.01, 0.02, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)}

    @property
    def rates(self) -> tuple[float | jax.Array, float | jax.Array]:
        return self.rate, 1.0

    def split(self, reward: jax.Array) -> jax.Array:
        return reward

    def mapped(self, q: jax.Array) -> jax.Array:
        return q

    def unmapped(self, x: jax.Array) -> jax.Array:
        return x
