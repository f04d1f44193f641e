"""A policy's chances of all actions at canonical states, side by side.

**Source**: the representation by actions that Scarpellini et al., "pi2vec", 2023, https://arxiv.org/abs/2306.09800,
compare with (by summaries of others).

**Differs from the paper**: 1. chances of the actions, in place of actions. 2. 16 canonical states, as for `pi2vec`.

**Shapes**: A actions, n policies, c canonical states.
"""

import jax

from toybench import Method
from toybench.methods.zero_shot_rl._embedding import canonical_states


class CanonicalActions(Method):
    """What a policy does, not where it leads."""

    def init(self, key: jax.Array) -> jax.Array:
        return canonical_states(key, self.given.data)

    def embed(self, state: jax.Array, policies: jax.Array) -> jax.Array:
        return policies[:, state].reshape(len(policies), -1)
