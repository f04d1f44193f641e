"""Every client by itself.

**Source**: the baseline "Local" of Baek et al., 2022, https://arxiv.org/abs/2206.10206; Kipf and Welling's network.

    local steps of Adam, nothing else

**Differs from the paper**: nothing.

**Shapes**: k clients.
"""

import jax
import jax.numpy as jnp

from toybench.methods.federated_graphs._clients import Mixture, Weights


class LocalGcn(Mixture):
    """A few labels each."""

    def shares_of(self, params: Weights) -> jax.Array:
        return jnp.eye(self.spec.clients)

    def received(self, params: Weights, shares: jax.Array) -> Weights:
        return params
