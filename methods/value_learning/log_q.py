"""Logarithmic Q-learning: values are learned as logarithms, averages are made before them.

**Source**: van Seijen, Fatemi and Tavakoli, "Using a Logarithmic Mapping to Enable Lower Discount Factors in
Reinforcement Learning", 2019, https://arxiv.org/abs/1906.00572, the authors' code `linear_experiments/agent.py`; as the
maps `[log,log]` in the code of Fatemi and Tavakoli, "Orchestrated Value Mapping for Reinforcement Learning", 2022,
https://arxiv.org/abs/2203.07171, `map_rl/map_dqn_agent.py`, from which c and the horizon are.

    U = q + inner (min(r + discount q(s1, a*), 1) - q),   x <- x + outer (f(U) - x),   f(q) = c ln(1 + q / discount^k)

**Differs from the paper**: 1. no rewards are negative, so one of the two values is left out. 2. The outer rate falls to
3 % by an exponential and the inner one stays; single random transitions in place of sweeps.

**Shapes**: c chains, one channel, f features.
"""

import jax
import jax.numpy as jnp

from toybench.methods.value_learning._tables import TileLearner, offset


class LogQ(TileLearner):
    """One value, in logarithms."""

    outer: float = 0.3  # rate in the space of logarithms at the start, 0 to 1; 1 in the authors' code
    inner: float = 0.1  # rate towards the target in the space of values, 0 to 1; 0.1 at the end of the authors' run
    c: float = 0.5  # unit of the logarithms, above 0; the paper's
    horizon: float = 100.0  # k: steps after which a reward is lost, 1 or more; the paper's

    deterministic = True
    space = {"outer": (0.1, 0.3, 1.0), "inner": (0.03, 0.1, 0.3, 1.0)}

    @property
    def rates(self) -> tuple[float | jax.Array, float | jax.Array]:
        return self.outer, self.inner

    def split(self, reward: jax.Array) -> jax.Array:
        return reward.sum(-1, keepdims=True)

    def mapped(self, q: jax.Array) -> jax.Array:
        return self.c * jnp.log1p(q / offset(self.given, self.horizon))

    def unmapped(self, x: jax.Array) -> jax.Array:
        return jnp.expm1(x / self.c) * offset(self.given, self.horizon)
