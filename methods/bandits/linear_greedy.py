"""The context that ridge regression likes best: no exploration at all.

**Source**: standard; the radius of OFUL (Abbasi-Yadkori, Pál and Szepesvári, 2011) set to zero.

    a = argmax_a x_a . theta

**Differs from the paper**: nothing.

**Shapes**: n instances, k arms, d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.bandits._linear import Ridge, add, start, theta_of
from toybench.tasks.bandits._linear import LinearRound


class LinearGreedy(Method):
    """What changing offers alone explore."""

    lam: float = 1.0  # ridge penalty

    deterministic = True

    def init(self, key: jax.Array) -> Ridge:
        return start(self.spec.instances, self.spec.dim, self.lam)

    def update(self, state: Ridge, batch: LinearRound, key: jax.Array) -> Ridge:
        return add(state, batch.x, batch.response, jnp.ones_like(batch.response))

    def choose(self, state: Ridge, offer: jax.Array, mask: jax.Array, key: jax.Array) -> jax.Array:
        mean = jnp.einsum("nkd,nd->nk", offer, theta_of(state))
        return jnp.argmax(jnp.where(mask, mean, -jnp.inf), axis=-1)

    def used(self, state: Ridge) -> jax.Array:
        return state.used
