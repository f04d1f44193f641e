"""Straight-through VQ in which codes, too, get a part of the task's gradient, so they don't lag behind the features.

**Source**: Huh, Cheung, Agrawal and Isola, "Straightening Out the Straight-Through Estimator: Overcoming Optimization
Challenges in Vector Quantized Networks", 2023, https://arxiv.org/abs/2305.08842 (synchronised commitment loss), and
the authors' library vqtorch.

    decode(z + sg(q - z) + v (q - sg(q)))        forward q; backward the identity to z and v times it to q

To first order this is the codebook loss with the feature that the next step will have in place of the present one.

**Differs from the paper**: 1. MLPs instead of convolutions; one code an example.

**Shapes**: b examples, d latent width, k codes.
"""

import jax

from toybench.methods.vector_quantization._autoencoder import NearestCode


class Synchronised(NearestCode):
    """One step less of delay between a feature and its code."""

    paper = "huh2023straightening"

    nu: float = 0.2  # v; the authors' example 0.2

    def through(self, z: jax.Array, q: jax.Array) -> jax.Array:
        return super().through(z, q) + self.nu * (q - jax.lax.stop_gradient(q))
