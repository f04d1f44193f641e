"""Value iteration in the model that the transitions count up to.

**Source**: certainty equivalence, as in Kumar and Varaiya, "Stochastic Systems", 1986 (from memory): the strongest
cheap control where states can be counted.

    Q(s, a) = sum_t p(t | s, a) (r(t) + discount max_b Q(t, b)) for pairs that were seen, else the least return

**Differs from the paper**: 1. pairs that were never seen are avoided, as they get the least return. 2. Actions of equal
value are equally likely.

**Shapes**: S states, A actions.
"""

from typing import Any

import jax

from toybench import Method
from toybench.methods.zero_shot_rl._model import best_actions, count_model, plan


class ModelVI(Method):
    """Plans when it is asked."""

    deterministic = True

    def policy_for(self, state: Any, reward: jax.Array) -> jax.Array:
        model = count_model(self.spec, self.given)
        return best_actions(plan(model, reward, self.spec.discount))
