"""Numbers that say nothing about a policy.

**Source**: none, a control: what the regression makes of noise.

**Differs from the paper**: nothing.

**Shapes**: n policies, m numbers.
"""

import jax

from toybench import Method

NUMBERS = 16  # as many as pi2vec has


class RandomEmbedding(Method):
    """Noise, drawn once for each policy by its place."""

    def init(self, key: jax.Array) -> jax.Array:
        return key

    def embed(self, state: jax.Array, policies: jax.Array) -> jax.Array:
        return jax.random.normal(state, (len(policies), NUMBERS))
