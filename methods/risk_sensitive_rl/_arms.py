"""What the arm methods share: counts of reward levels, the CVaR of what was seen, and pulling the largest index.

Shapes: n instances, k arms, l levels.
"""

import abc
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.risk_sensitive_rl import Pull, dual_tail_mean


class Tally(NamedTuple):
    """How often each level was paid: [n, k, l]."""

    counts: jax.Array


class TailIndex(Method, abc.ABC):
    """Pulls the arm of the largest index, the first of equal ones, and first each arm once."""

    deterministic = True

    def init(self, key: jax.Array) -> Tally:
        return Tally(counts=jnp.zeros((self.spec.instances, self.spec.arms, self.spec.levels)))

    def update(self, state: Tally, batch: Pull, key: jax.Array) -> Tally:
        arm = jax.nn.one_hot(batch.arm, self.spec.arms)
        level = jax.nn.one_hot(batch.level, self.spec.levels)
        return Tally(counts=state.counts + arm[:, :, None] * level[:, None, :])

    @abc.abstractmethod
    def bonus(self, pulls: jax.Array) -> jax.Array:
        """How much the mean shortfall may be lower than the one seen, after [n, k] pulls: [n, k]."""

    def pull(self, state: Tally, key: jax.Array) -> jax.Array:
        pulls = state.counts.sum(-1)
        index = seen_tail(state, self.spec.alpha) + self.bonus(jnp.maximum(pulls, 1.0)) / self.spec.alpha
        return jnp.argmax(jnp.where(pulls > 0, index, jnp.inf), axis=-1)


def seen_tail(state: Tally, alpha: float) -> jax.Array:
    """CVaR of the rewards seen, max_b b - mean (b - R)_+ / alpha with b among the levels: [n, k]."""
    law = state.counts / jnp.maximum(state.counts.sum(-1, keepdims=True), 1.0)
    return dual_tail_mean(jnp.broadcast_to(jnp.linspace(0.0, 1.0, law.shape[-1]), law.shape), law, alpha)


def log_pairs(arms: int, pulls: int) -> float:
    """L = log(AK), the logarithm of the theory at delta = 1."""
    return math.log(arms * max(pulls, 1))
