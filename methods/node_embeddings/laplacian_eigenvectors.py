"""Leading eigenvectors of the normalised adjacency, which are the smooth ones of the Laplacian.

**Source**: a baseline of Eliasof et al., 2023, https://arxiv.org/abs/2303.02918; Dwivedi, Joshi, Luu, Laurent, Bengio
and Bresson, "Benchmarking Graph Neural Networks", 2020, https://arxiv.org/abs/2003.00982 (from memory).

    S u_i = lambda_i u_i    lambda_1 >= lambda_2 >= ...    encoding = [u_1, ..., u_k]

with S = D^-1/2 (A + I) D^-1/2.

**Differs from the paper**: 1. signs are as they come: one graph, one fit. 2. The first one, D^1/2 1, is kept: it tells
degrees.

**Shapes**: n nodes, k vectors.
"""

import jax

from toybench.methods.node_embeddings._encodings import Encoding, leading_eigenvectors


class LaplacianEigenvectors(Encoding):
    """Spectral coordinates."""

    count: int = 8  # eigenvectors, k

    space = {"count": (2, 4, 8, 16, 32)}

    def encode(self, key: jax.Array) -> jax.Array:
        return leading_eigenvectors(self.given.edges, self.count)[None]
