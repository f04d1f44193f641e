"""Optimism for a reward that is linear in which nodes are switched: no graph, one number a node.

**Source**: Abbasi-Yadkori, Pál and Szepesvári, "Improved Algorithms for Linear Stochastic Bandits", 2011,
https://papers.nips.cc/paper/4417-improved-algorithms-for-linear-stochastic-bandits (OFUL), on interventions.

    a = argmax_a z_a . theta + c sigma |z_a|_{V^-1},   z_a = (1, switched_1, ..., switched_v)

**Differs from the paper**: 1. the radius is a tuned constant c times a typical standard deviation of the reward. 2. the
reward is not linear: switches multiply along a path.

**Shapes**: n instances, v nodes, a interventions.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.bandits._linear import Ridge, add, length, start, theta_of
from toybench.tasks.bandits.causal_interventions import Outcome, switches


class LinearInterventionUCB(Method):
    """Learns a main effect of every switch and nothing of their interplay."""

    c: float = 1.0  # factor of the width
    lam: float = 1.0  # ridge penalty

    deterministic = True
    space = {"c": (0.01, 0.1, 0.3, 1.0, 2.0, 5.0)}

    def init(self, key: jax.Array) -> Ridge:
        return start(self.spec.instances, self.spec.nodes + 1, self.lam)

    def update(self, state: Ridge, batch: Outcome, key: jax.Array) -> Ridge:
        z = jnp.pad(batch.switched, ((0, 0), (1, 0)), constant_values=1.0)
        return add(state, z, batch.values[:, -1], jnp.ones(len(z)))

    def intervene(self, state: Ridge, key: jax.Array) -> jax.Array:
        bits = jnp.pad(switches(self.spec.nodes), ((0, 0), (1, 0)), constant_values=1.0)
        z = jnp.broadcast_to(bits[None], (self.spec.instances, *bits.shape))
        mean = jnp.einsum("nar,nr->na", z, theta_of(state))
        width = self.spec.scale * length(state.inverse, z)
        return jnp.argmax(mean + self.c * width, axis=-1).astype(jnp.int32)

    def edges(self, state: Ridge) -> jax.Array:
        v = self.spec.nodes
        return jnp.zeros((self.spec.instances, v, v), bool)

    def structure_rounds(self, state: Ridge) -> jax.Array:
        return jnp.zeros(self.spec.instances)
