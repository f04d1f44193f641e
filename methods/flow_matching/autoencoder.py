"""An autoencoder with a bottleneck: reconstructs data through few numbers.

**Source**: baseline of Shocher et al., "Idempotent Generative Network", 2023, https://arxiv.org/abs/2311.01462;
Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with Neural Networks", Science 2006.

    |decode(encode(x)) - x|^2

**Differs from the paper**: 1. layers of 64 units and one number between them. 2. no layerwise pretraining.

**Shapes**: b points of a batch, n points.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.flow_matching._planar import DIMS, RATES, State, Trained, plain


class Autoencoder(Trained):
    """A point is squeezed through a bottleneck and restored."""

    bottleneck: int = 1  # numbers in the middle

    space = {"lr": RATES}

    @property
    def network(self) -> nn.MLP:
        return plain(hidden=(64, 64, self.bottleneck, 64, 64))

    def begin(self, key: jax.Array) -> Any:
        return nn.init(self.network, key, jnp.zeros((1, DIMS)))

    def loss(self, params: Any, points: jax.Array, key: jax.Array) -> jax.Array:
        return ((self.network.apply(params, points) - points) ** 2).sum(-1).mean()

    def project(self, state: State, x: jax.Array, key: jax.Array) -> jax.Array:
        return self.network.apply(state.params, x)
