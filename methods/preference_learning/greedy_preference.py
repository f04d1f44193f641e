"""Acts greedily on the function fitted to preferences, as if it were the optimal advantage.

**Source**: Knox, Hatgis-Kessell, Adalgeirsson, Booth, Dragan, Stone and Niekum, "Learning Optimal Advantage from
Preferences and Mistaking it for Reward", 2024, https://arxiv.org/abs/2310.02456; the authors' code: `RewardFunctionPR`
in `algorithms/models.py`, `train` in `algorithms/advantage_learning.py`, `build_pi_from_feats` in
`algorithms/rl_algos.py`.

    P(first preferred) = sigmoid(sum_t g(s_t, a_t) - sum_t g(s'_t, a'_t));   pi(s) uniform over argmax_a g(s, a)

**Differs from the paper**: 1. g starts at 0 instead of small random numbers. 2. Pairs aren't added a second time in the
other order, which changes nothing for this loss. 3. The move to the end has a number that is fitted; in the authors'
code that move counts for nothing, and its number is never fitted.

**Shapes**: S states, A actions.
"""

import jax

from toybench import Method
from toybench.methods.preference_learning._logistic import RATE, State, among_best, begin, fit


class GreedyPreference(Method):
    """A table of advantages."""

    lr: float = RATE  # of Adam, above 0; 2 in the authors' script

    paper = "knox2023learning"
    deterministic = True

    def init(self, key: jax.Array) -> State:
        return begin(self.spec, self.lr)

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        return fit(state, self.given, self.lr)

    def policy(self, state: State) -> jax.Array:
        return among_best(state.params)
