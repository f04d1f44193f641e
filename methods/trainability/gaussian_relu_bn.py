"""ReLU layers with normal weights and batch normalisation.

**Source**: baseline of Meterez, Joudaki, Orabona, Immer, Rätsch and Daneshmand, "Towards Training Without Depth Limits:
Batch Normalization Without Gradient Explosion", 2023, https://arxiv.org/abs/2310.02012; the authors' code,
`src/modules/models.py` in github.com/alexandrumeterez/bngrad (no mean, activation before normalisation).

    h <- relu(bn(h w))        bn(z) = z / sqrt(mean_b z^2)        w ~ N(0, 1 / n)

**Differs from the paper**: 1. normalisation comes before the activation, as in most networks; the order of the authors'
code is `norm_first=false`. 2. a unit that is 0 on all points stays 0.

**Shapes**: b points, n units, l layers.
"""

import jax

from toybench.methods.trainability._stack import Untrained, batch_norm, gaussian, run, squares


class GaussianReluBN(Untrained):
    """Normal weights, ReLU."""

    norm_first: bool = True  # whether ReLU comes after the normalisation; before it in the authors' code

    def init(self, key: jax.Array) -> jax.Array:
        return gaussian(squares(self.spec, key))

    def apply(self, state: jax.Array, layers: jax.Array, x: jax.Array) -> jax.Array:
        def step(z: jax.Array, _: jax.Array) -> jax.Array:
            return jax.nn.relu(batch_norm(z)) if self.norm_first else batch_norm(jax.nn.relu(z))

        return run(step, layers, x)
