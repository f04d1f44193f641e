"""Orchestrated value mapping: a value for each channel, logarithmic where it is small and linear where it is large.

**Source**: Fatemi and Tavakoli, "Orchestrated Value Mapping for Reinforcement Learning", 2022,
https://arxiv.org/abs/2203.07171, the authors' code `map_rl/map_dqn_agent.py`: `_build_target_q_op`,
`forward_loglin_func`, and `README.md`, by which LogLinDQN has the maps `[loglin,loglin]`.

    U_j = q_j + inner (r_j + discount q_j(s1, a*) - q_j),   x_j <- x_j + outer (f(U_j) - x_j)
    f(q) = c ln(1 + q / d) up to the bend, and from there on linear with the slope at the bend;  d = discount^k

**Differs from the paper**: 1. the bend is at 0.05, the smaller of the rewards, where the paper has it at the least
reward of its games, 1. 2. Channels are the two ends, in place of the rewards' signs. 3. d is added to values, as van
Seijen, Fatemi and Tavakoli (2019) do, where the code clips them at d. 4. Tiles, single random transitions; the outer
rate falls to 3 % by an exponential.

**Shapes**: c chains, j channels, f features.
"""

import jax
import jax.numpy as jnp

from toybench.methods.value_learning._tables import TileLearner, offset

BEND = 0.05  # the smaller of the rewards


class LogLinQ(TileLearner):
    """A value for what each end pays, in a space that is logarithmic near 0."""

    outer: float = 0.3  # rate in the mapped space at the start, 0 to 1; 0.0025 in the paper, by RMSProp
    inner: float = 0.1  # rate towards the target in the space of values, 0 to 1; the paper's
    c: float = 0.5  # unit of the logarithms, above 0; the paper's
    horizon: float = 100.0  # k: steps after which a reward is lost, 1 or more; the paper's

    channels: bool = True  # a value for each end; false: one for their sum

    paper = "fatemi2022orchestrated"
    deterministic = True
    space = {"outer": (0.1, 0.3, 1.0), "inner": (0.03, 0.1, 0.3, 1.0)}

    @property
    def rates(self) -> tuple[float | jax.Array, float | jax.Array]:
        return self.outer, self.inner

    def split(self, reward: jax.Array) -> jax.Array:
        return reward if self.channels else reward.sum(-1, keepdims=True)

    def mapped(self, q: jax.Array) -> jax.Array:
        d = offset(self.given, self.horizon)
        small = self.c * jnp.log1p(jnp.minimum(q, BEND) / d)
        return small + self.c * jnp.maximum(q - BEND, 0.0) / (BEND + d)

    def unmapped(self, x: jax.Array) -> jax.Array:
        d = offset(self.given, self.horizon)
        bend = self.c * jnp.log1p(BEND / d)
        small = jnp.expm1(jnp.minimum(x, bend) / self.c) * d
        return small + jnp.maximum(x - bend, 0.0) * (BEND + d) / self.c
