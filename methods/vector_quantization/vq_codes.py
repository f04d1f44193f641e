"""Product codes learned end to end: the classifier sees the quantised features, gradients pass straight through.

**Source**: Yu, Yuan, Fang and Jin, "Product Quantization Network for Fast Image Retrieval", 2018 (a product quantiser
inside a classification network); running-mean codebooks: van den Oord, Vinyals and Kavukcuoglu,
"Neural Discrete Representation Learning", 2017, https://arxiv.org/abs/1711.00937, appendix A.1.

    z_q  = nearest centroids of the parts of f(x) / |f(x)|
    p(y | x)  prop. to  exp(cos(z + stop(z_q - z), w_y) / temperature)
    loss = cross-entropy + commitment * |z - stop(z_q)|^2

**Differs from the paper**: 1. hard assignment with the straight-through gradient instead of a soft assignment; 2.
centroids are running means with restarts of idle ones; 3. small MLP.

**Shapes**: b batch, l features, d symbols, k values a symbol, p features a part.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.vector_quantization._retrieval import ProductCodes, unit
from toybench.methods.vector_quantization._running_codebook import Codebook, codes, nearest
from toybench.tasks.vector_quantization._retrieval import LabelledItems


class VQCodes(ProductCodes):
    """Like softmax features with product codes, but the features know that they will be quantised."""

    commitment: float = 0.25  # weight of the commitment loss; van den Oord et al. use 0.25

    def quantised(self, features: jax.Array, book: Codebook) -> jax.Array:
        """Nearest centroids of the parts, [b, l]."""
        centroids = codes(book)
        symbol = nearest(self.parts(features), centroids)
        return centroids[jnp.arange(self.spec.length)[None, :], symbol].reshape(len(features), -1)

    def represent(self, features: jax.Array, book: Codebook) -> jax.Array:
        z = unit(features)
        return z + jax.lax.stop_gradient(self.quantised(features, book) - z)

    def loss(self, params: Any, book: Codebook, batch: LabelledItems) -> jax.Array:
        features = self.encode(params, batch.x)
        target = jax.lax.stop_gradient(self.quantised(features, book))
        commit = ((unit(features) - target) ** 2).sum(-1).mean()
        return super().loss(params, book, batch) + self.commitment * commit
