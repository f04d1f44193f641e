"""Heat map without knowledge: every pair gets a random score.

**Source**: none, a control: it is what the same search does with as many candidates that mean nothing.

    heat_ij ~ N(0, 1), symmetric

**Differs from the paper**: nothing.

**Shapes**: b instances, n cities.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.routing import symmetric


class RandomCandidates(Method):
    """One table of scores, the same for all instances, whose cities have random names."""

    def init(self, key: jax.Array) -> jax.Array:
        return symmetric(jax.random.normal(key, (self.spec.cities, self.spec.cities)))

    def heat(self, state: jax.Array, xy: jax.Array) -> jax.Array:
        return jnp.broadcast_to(state, (len(xy), *state.shape))
