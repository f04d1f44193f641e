"""Takes the function fitted to preferences for a reward, and plans with it in the true world.

**Source**: Knox, Hatgis-Kessell, Adalgeirsson, Booth, Dragan, Stone and Niekum, "Learning Optimal Advantage from
Preferences and Mistaking it for Reward", 2024, https://arxiv.org/abs/2310.02456; the authors' code: `RewardFunctionPR`
in `algorithms/models.py`, `value_iteration` and `build_pi` in `algorithms/rl_algos.py`, `get_scaled_returns.py`.

    Q(s, a) = g(s, a) + discount max_b Q(s1, b),   0 after the end;   pi(s) uniform over argmax_a Q(s, a)

**Differs from the paper**: 1. to 3. of `greedy_preference`. 4. Value iteration stops after 5000 sweeps instead of at a
small change.

**Shapes**: S states, A actions.
"""

import jax

from toybench import Method
from toybench.blocks import mdp
from toybench.methods.preference_learning._logistic import RATE, State, among_best, begin, fit

SWEEPS = 5000  # 0.999^5000 is 0.7 %


class PlannedPreference(Method):
    """A table of rewards, so believed."""

    lr: float = RATE  # of Adam, above 0; 2 in the authors' script

    paper = "knox2023learning"
    deterministic = True

    def init(self, key: jax.Array) -> State:
        return begin(self.spec, self.lr)

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        return fit(state, self.given, self.lr)

    def policy(self, state: State) -> jax.Array:
        transitions = self.given.transitions
        values = mdp.value_iteration(transitions, state.params, self.spec.discount, SWEEPS)
        return among_best(mdp.q_values(transitions, state.params, values, self.spec.discount))
