"""Novelty search in the ten principal components of the images, with emitters.

**Source**: none: the control that asks whether a network has to learn the space. Principal components by orthogonal
iteration (Golub and Van Loan, "Matrix Computations"), from memory.

    axes <- orthonormal basis of  covariance of the images seen times axes

**Differs from the paper**: 1. as `novelty_hand`, 1 to 7. 2. two iterations after each exploring step, which keep up
with the archive.

**Shapes**: n policies, d pixels.
"""

import jax
import jax.numpy as jnp

from toybench.methods.quality_diversity._novelty import NoveltySearch

CODE = 10  # components, as many as STAX's code has numbers
ITERATIONS = 2
TINY = 1e-6  # keeps axes apart where no image varies


class NoveltyPca(NoveltySearch):
    """A linear code."""

    space = {"sd": (0.03, 0.1, 0.3, 1.0), "share": (0.01, 0.03, 0.1, 0.3)}

    def start(self, key: jax.Array) -> jax.Array:
        return jnp.linalg.qr(jax.random.normal(key, (self.spec.pixels, CODE)))[0]

    def codes(self, model: jax.Array, image: jax.Array, place: jax.Array) -> jax.Array:
        return image @ model

    def fit(self, model: jax.Array, image: jax.Array, counts: jax.Array, luck: jax.Array) -> jax.Array:
        there = counts.astype(image.dtype)[:, None]
        centred = there * (image - (there * image).sum(0)[None] / there.sum())
        for _ in range(ITERATIONS):
            model = jnp.linalg.qr(centred.T @ (centred @ model) / there.sum() + TINY * model)[0]
        return model

    def criterion(self, novelty: jax.Array, model: jax.Array, image: jax.Array, coin: jax.Array) -> jax.Array:
        return novelty
