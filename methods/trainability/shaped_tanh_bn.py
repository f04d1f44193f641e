"""Orthogonal layers with batch normalisation and a tanh that flattens with depth.

**Source**: Meterez, Joudaki, Orabona, Immer, Rätsch and Daneshmand, "Towards Training Without Depth Limits: Batch
Normalization Without Gradient Explosion", 2023, https://arxiv.org/abs/2310.02012; the authors' code,
`src/modules/models.py` in github.com/alexandrumeterez/bngrad (no mean, activation before normalisation).

    h <- bn(tanh(l^exponent h w))        bn(z) = z / sqrt(mean_b z^2)        w orthogonal, uniformly distributed

**Differs from the paper**: 1. nothing but the size. Normalisation undoes the scale of the activation, so that a small
factor makes it nearly linear.

**Shapes**: b points, n units, l layers, numbered from 1.
"""

import jax
import jax.numpy as jnp

from toybench.methods.trainability._stack import Untrained, batch_norm, orthogonal, run, squares


class ShapedTanhBN(Untrained):
    """Orthogonal weights, tanh of ever smaller arguments."""

    exponent: float = -0.75  # of the layer's number; 0 leaves tanh as it is

    paper = "meterez2023training"

    def init(self, key: jax.Array) -> jax.Array:
        return orthogonal(squares(self.spec, key))

    def apply(self, state: jax.Array, layers: jax.Array, x: jax.Array) -> jax.Array:
        return run(lambda z, number: batch_norm(jnp.tanh(number**self.exponent * z)), layers, x)
