"""Federated averaging: every round starts from the mean of all clients' models.

**Source**: McMahan, Moore, Ramage, Hampson and y Arcas, "Communication-Efficient Learning of Deep Networks from
Decentralized Data", 2016, https://arxiv.org/abs/1602.05629 (from memory), as Baek et al. run it: their code
`models/fedavg/client.py`.

    theta_i <- 1/k sum_j theta_j, then local steps of Adam

**Differs from the paper**: 1. all clients take part in every round, and have the same number of nodes.

**Shapes**: k clients.
"""

import jax
import jax.numpy as jnp

from toybench.methods.federated_graphs._clients import Mixture, Weights, mixed


class Fedavg(Mixture):
    """One model for all."""

    def shares_of(self, params: Weights) -> jax.Array:
        return jnp.full((self.spec.clients, self.spec.clients), 1 / self.spec.clients, jnp.float32)

    def received(self, params: Weights, shares: jax.Array) -> Weights:
        return mixed(params, shares)
