"""Novelty search in the two principal components of the images, with emitters.

**Source**: none: the control that asks whether the space must be learned by a network. Principal components by
orthogonal iteration (Golub and Van Loan, "Matrix Computations"), from memory.

    axes <- orthonormal basis of  covariance of the archive's images times axes

**Differs from the paper**: 1. as for `novelty_hand`. 2. two steps of the iteration after each step of the search,
which keeps up with the archive.

**Shapes**: k policies, c places of the archive, d numbers of an image.
"""

import jax
import jax.numpy as jnp

from toybench.methods.policy_search._novelty import NoveltySearch

ITERATIONS = 2
TINY = 1e-9  # keeps the norm of an empty archive's axes above 0


class NoveltyPca(NoveltySearch):
    """A linear code."""

    space = {"sd": (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0)}

    def start(self, key: jax.Array) -> jax.Array:
        return orthonormal(jax.random.normal(key, (self.spec.side**2, 2)))

    def codes(self, model: jax.Array, image: jax.Array, descriptor: jax.Array) -> jax.Array:
        return image @ model

    def fit(self, model: jax.Array, image: jax.Array, seen: jax.Array, key: jax.Array) -> jax.Array:
        count = jnp.maximum(seen.sum(), 1)
        mean = jnp.where(seen[:, None], image, 0.0).sum(0) / count
        centred = jnp.where(seen[:, None], image - mean[None], 0.0)
        for _ in range(ITERATIONS):
            model = orthonormal(centred.T @ (centred @ model) + TINY * model)
        return model

    def choose(self, novelty: jax.Array, model: jax.Array, image: jax.Array, key: jax.Array) -> jax.Array:
        return novelty


def orthonormal(axes: jax.Array) -> jax.Array:
    """Orthonormal columns [d, 2] that span those given, by Gram and Schmidt."""
    first = axes[:, 0] / jnp.linalg.norm(axes[:, 0])
    rest = axes[:, 1] - first * (first @ axes[:, 1])
    return jnp.stack([first, rest / jnp.linalg.norm(rest)], axis=1)
