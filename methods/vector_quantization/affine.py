"""Codes that share one learned scale and shift, so that codes that are never chosen move with those that are.

**Source**: Huh, Cheung, Agrawal and Isola, "Straightening Out the Straight-Through Estimator: Overcoming Optimization
Challenges in Vector Quantized Networks", 2023, https://arxiv.org/abs/2305.08842 (affine reparameterisation), and
the authors' library vqtorch.

    e_k = (1 + a s) * c_k + a t        c_k [d] own to each code, s and t [d] common, a speeds up their learning

**Differs from the paper**: 1. One group of codes. 2. MLPs instead of convolutions; one code an example.

**Shapes**: b examples, d latent width, k codes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.vector_quantization._autoencoder import NearestCode


class Affine(NearestCode):
    """First and second moments of the codebook follow the features as a whole."""

    paper = "huh2023straightening"

    speed: float = 10.0  # a, factor on the learning rate of scale and shift; the authors' example 10

    def prepare(self, networks: Any, codes: jax.Array, key: jax.Array) -> tuple[Any, Any]:
        params, memory = super().prepare(networks, codes, key)
        return params | {"scale": jnp.zeros(self.width), "shift": jnp.zeros(self.width)}, memory

    def book(self, params: Any, memory: Any) -> jax.Array:
        scale, shift = 1.0 + self.speed * params["scale"], self.speed * params["shift"]
        return scale[None, :] * params["codes"] + shift[None, :]
