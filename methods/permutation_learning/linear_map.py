"""A linear map fitted to the unit vectors: one model, no ensemble.

**Source**: none, the strongest cheap control. A permutation is linear.

    B = E^+ Y        a bit is one where x B lies above 1/2

**Differs from the paper**: there is none.

**Shapes**: k bits, n inputs, m ensembles.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.permutation_learning import Shown, inputs


class LinearMap(Method):
    """Least squares of least norm; the state is B, [k, k]."""

    deterministic = True

    def init(self, key: jax.Array) -> jax.Array:
        return jnp.zeros((self.spec.bits, self.spec.bits))

    def update(self, state: jax.Array, batch: Shown, key: jax.Array) -> jax.Array:
        return jnp.linalg.pinv(batch.x) @ batch.y

    def outputs(self, state: jax.Array) -> jax.Array:
        answer = jnp.asarray(inputs(self.spec.bits), jnp.float32) @ state
        return jnp.broadcast_to(answer, (len(self.spec.sizes), *answer.shape))

    def threshold(self, state: jax.Array) -> float:
        return 0.5
