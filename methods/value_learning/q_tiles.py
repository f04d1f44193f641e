"""Q-learning on tiles, with a rate that falls.

**Source**: Watkins and Dayan, "Q-learning", 1992, https://doi.org/10.1007/BF00992698, from memory; in the authors' code
of van Seijen, Fatemi and Tavakoli, "Using a Logarithmic Mapping to Enable Lower Discount Factors in Reinforcement
Learning", 2019, https://arxiv.org/abs/1906.00572, the branch without mapping of `linear_experiments/agent.py`.

    w_a <- w_a + rate (min(r + discount max_a q(s1), 1) - q(s, a)) phi(s),   q = w_a phi

**Differs from the paper**: 1. the rate falls to 3 % by an exponential, in place of 0.1 %; single random transitions in
place of sweeps. 2. PopArt, which scales targets, is no method of its own here: on linear values with a plain gradient
it takes the same steps.

**Shapes**: c chains, one channel, f features.
"""

import jax

from toybench.methods.value_learning._tables import TileLearner


class QTiles(TileLearner):
    """One value, in its own space."""

    rate: float = 0.1  # at the start, 0 to 1; 1 in the authors' code

    deterministic = True
    space = {"rate": (0.01, 0.02, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)}

    @property
    def rates(self) -> tuple[float | jax.Array, float | jax.Array]:
        return self.rate, 1.0

    def split(self, reward: jax.Array) -> jax.Array:
        return reward.sum(-1, keepdims=True)

    def mapped(self, q: jax.Array) -> jax.Array:
        return q

    def unmapped(self, x: jax.Array) -> jax.Array:
        return x
