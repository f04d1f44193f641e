"""Orthogonal linear layers with batch normalisation.

**Source**: Meterez, Joudaki, Orabona, Immer, Rätsch and Daneshmand, "Towards Training Without Depth Limits: Batch
Normalization Without Gradient Explosion", 2023, https://arxiv.org/abs/2310.02012; the authors' code,
`src/modules/models.py` in github.com/alexandrumeterez/bngrad (no mean, activation before normalisation).

    h <- bn(h w)        bn(z) = z / sqrt(mean_b z^2)        w orthogonal, uniformly distributed

**Differs from the paper**: 1. nothing but the size.

**Shapes**: b points, n units, l layers.
"""

import jax

from toybench.methods.trainability._stack import Untrained, batch_norm, orthogonal, run, squares


class OrthogonalLinearBN(Untrained):
    """Orthogonal weights, no activation."""

    paper = "meterez2023training"

    def init(self, key: jax.Array) -> jax.Array:
        return orthogonal(squares(self.spec, key))

    def apply(self, state: jax.Array, layers: jax.Array, x: jax.Array) -> jax.Array:
        return run(lambda z, _: batch_norm(z), layers, x)
