"""A denoising autoencoder: learns to take added noise away.

**Source**: Vincent, Larochelle, Bengio and Manzagol, "Extracting and Composing Robust Features with Denoising
Autoencoders", 2008, https://doi.org/10.1145/1390156.1390294, section 2.3.

    |f(x + noise xi) - x|^2

**Differs from the paper**: 1. Gaussian noise instead of zeroed inputs. 2. no bottleneck.

**Shapes**: b points of a batch, n points.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.flow_matching._planar import DIMS, State, Trained, plain


class DenoisingAutoencoder(Trained):
    """A network that takes Gaussian noise away."""

    noise: float = 0.2  # standard deviation of what is added, above 0

    space = {"lr": (0.016, 0.032, 0.064), "noise": (0.15, 0.2, 0.25)}

    def begin(self, key: jax.Array) -> Any:
        return nn.init(plain(), key, jnp.zeros((1, DIMS)))

    def loss(self, params: Any, points: jax.Array, key: jax.Array) -> jax.Array:
        noisy = points + self.noise * jax.random.normal(key, points.shape)
        return ((plain().apply(params, noisy) - points) ** 2).sum(-1).mean()

    def project(self, state: State, x: jax.Array, key: jax.Array) -> jax.Array:
        return plain().apply(state.params, x)
