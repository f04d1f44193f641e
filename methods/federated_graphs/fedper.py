"""A shared body under a classifier that each client keeps to itself.

**Source**: Arivazhagan, Aggarwal, Singh and Choudhary, "Federated Learning with Personalization Layers", 2019,
https://arxiv.org/abs/1912.00818 (abstract), a baseline of Baek et al.

    convolutions_i <- 1/k sum_j convolutions_j, classifier_i stays, then local steps of Adam

**Differs from the paper**: 1. graph convolutions, and one personal layer.

**Shapes**: k clients.
"""

import jax
import jax.numpy as jnp

from toybench.methods.federated_graphs._clients import Mixture, Weights, mixed


class Fedper(Mixture):
    """Names of classes are private."""

    def shares_of(self, params: Weights) -> jax.Array:
        return jnp.full((self.spec.clients, self.spec.clients), 1 / self.spec.clients)

    def received(self, params: Weights, shares: jax.Array) -> Weights:
        body = mixed(params, shares)
        return Weights(first=body.first, second=body.second, last=params.last)
