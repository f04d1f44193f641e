"""Personal mixtures by the similarity of the models' weights: the control without functional embeddings.

**Source**: a control that Baek et al., 2022, https://arxiv.org/abs/2206.10206, argue against; their weighting with
another vector in the cosine.

    theta_i <- sum_j s_ij theta_j    s_ij in proportion to exp(tau cos(theta_i, theta_j))

**Differs from the paper**: 1. no mask and no proximal term.

**Shapes**: k clients.
"""

import jax
import jax.numpy as jnp

from toybench.methods.federated_graphs._clients import Mixture, Weights, mixed, similarity_shares


class WeightSimilarity(Mixture):
    """Models that look alike."""

    tau: float = 10.0  # sharpness of the shares, at least 0

    space = {"lr": (0.003, 0.01, 0.03), "tau": (3.0, 10.0, 30.0, 100.0, 300.0)}

    def shares_of(self, params: Weights) -> jax.Array:
        flat = [leaf.reshape(self.spec.clients, -1) for leaf in jax.tree.leaves(params)]
        return similarity_shares(jnp.concatenate(flat, axis=1), self.tau)

    def received(self, params: Weights, shares: jax.Array) -> Weights:
        return mixed(params, shares)
