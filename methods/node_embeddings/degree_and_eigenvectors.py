"""Leading eigenvectors, the degree, and their products: the cheap control that sees communities and roles.

**Source**: a control for Eliasof et al., 2023, https://arxiv.org/abs/2303.02918; no paper's method.

    encoding = [U, d, d U]    d = log(1 + degree), standardised    U: eigenvectors of D^-1/2 (A + I) D^-1/2

**Differs from the paper**: nothing; it has no paper.

**Shapes**: n nodes, k vectors.
"""

import jax
import jax.numpy as jnp

from toybench.methods.node_embeddings._encodings import Encoding, leading_eigenvectors

TINY = 1e-6  # the least spread that degrees are divided by


class DegreeAndEigenvectors(Encoding):
    """Where a node is and how many know it."""

    count: int = 8  # eigenvectors, k

    space = {"count": (2, 4, 8, 16, 32)}

    def encode(self, key: jax.Array) -> jax.Array:
        vectors = leading_eigenvectors(self.given.edges, self.count)
        degree = jnp.log1p(self.given.edges.sum(1))
        degree = ((degree - degree.mean()) / jnp.maximum(degree.std(), TINY))[:, None]
        return jnp.concatenate([vectors, degree, degree * vectors], axis=1)[None]
