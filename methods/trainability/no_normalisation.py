"""Orthogonal linear layers, not normalised.

**Source**: control of Meterez, Joudaki, Orabona, Immer, Rätsch and Daneshmand, "Towards Training Without Depth Limits:
Batch Normalization Without Gradient Explosion", 2023, https://arxiv.org/abs/2310.02012; the authors' code,
`src/modules/models.py` in github.com/alexandrumeterez/bngrad (no mean, activation before normalisation).

    h <- h w        w orthogonal, uniformly distributed

**Differs from the paper**: 1. nothing but the size.

**Shapes**: b points, n units, l layers.
"""

import jax

from toybench.methods.trainability._stack import Untrained, orthogonal, run, squares


class NoNormalisation(Untrained):
    """Orthogonal weights and nothing else."""

    def init(self, key: jax.Array) -> jax.Array:
        return orthogonal(squares(self.spec, key))

    def apply(self, state: jax.Array, layers: jax.Array, x: jax.Array) -> jax.Array:
        return run(lambda z, _: z, layers, x)
