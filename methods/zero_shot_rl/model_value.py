"""A policy's return in the counted model, for the reward that is told: fitted evaluation's fixed point.

**Source**: Le, Voloshin and Yue, "Batch Policy Learning under Constraints", 2019, https://arxiv.org/abs/1903.08738
(from memory): fitted Q evaluation, here with tables. It knows the reward, so that it is a ceiling and no control.

    V(s) = sum_a pi(a | s) sum_t p(t | s, a) (r(t) + discount V(t)),   value: the mean over all states

**Differs from the paper**: 1. tables, in which a pair that was never seen counts as the average of its state.

**Shapes**: S states, A actions, n policies.
"""

from typing import Any

import jax

from toybench import Method
from toybench.methods.zero_shot_rl._embedding import successor_features


class ModelValue(Method):
    """One column."""

    deterministic = True

    def embed(self, state: Any, policies: jax.Array) -> jax.Array:
        reward = self.given.reward[:, None]
        return successor_features(self.spec, self.given, reward, policies).mean(1)
