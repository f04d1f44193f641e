"""Fits action values to preferences by the regret that they imply, so that no state's best action costs anything.

**Source**: the regret preference model of Knox et al., "Models of Human Preference for Learning Reward Functions",
2022, https://arxiv.org/abs/2206.02231 (from memory), as the humble way to respect it: values instead of rewards.

    P(first preferred) = sigmoid(sum_t A(s_t, a_t) - sum_t A(s'_t, a'_t)),   A(s, a) = Q(s, a) - max_b Q(s, b)

**Differs from the paper**: 1. the paper learns a reward and derives its values through successor features; here values
are free numbers.

**Shapes**: S states, A actions.
"""

import jax

from toybench import Method
from toybench.methods.preference_learning._logistic import RATE, State, among_best, begin, fit


def advantage(q: jax.Array) -> jax.Array:
    """Values [S, A] less the best of their state."""
    return q - q.max(-1, keepdims=True)


class RegretQ(Method):
    """A table of action values."""

    lr: float = RATE  # of Adam, above 0

    deterministic = True

    def init(self, key: jax.Array) -> State:
        return begin(self.spec, self.lr)

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        return fit(state, self.given, self.lr, advantage)

    def policy(self, state: State) -> jax.Array:
        return among_best(state.params)
