"""A symmetric metric embedding: the Euclidean distance of latents.

**Source**: baseline of Wang and Isola, "On the Learning and Learnability of Quasimetrics", 2022,
https://arxiv.org/abs/2206.15478 ("metric embeddings").

    d(u, v) = || u - v ||_2

**Differs from the paper**: 1. small encoder and latents, on random node features.

**Shapes**: b pairs, l latent dimensions.
"""

import jax

from toybench.methods.quasimetric._embedding import DECAYS, LatentDistance, length


class EuclideanEmbedding(LatentDistance):
    """Euclidean distance of latents: a metric, which can't tell the two directions apart."""

    guaranteed_quasimetric = True
    space = {"lr": (0.004, 0.02, 0.1, 0.5), "decay": DECAYS}

    def head(self, key: jax.Array) -> tuple:
        return ()

    def between(self, head: tuple, u: jax.Array, v: jax.Array) -> jax.Array:
        return length(u - v)
