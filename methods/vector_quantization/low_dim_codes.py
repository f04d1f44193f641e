"""Factorised codes: features are projected to few dimensions, looked up there, and projected back.

**Source**: Yu et al., "Vector-quantized Image Modeling with Improved VQGAN", 2021, https://arxiv.org/abs/2110.04627
(factorized codes).

    u = z A,  q = nearest code to u,  decode(q B)          A [l, d], B [d, l], d much smaller than l

**Differs from the paper**: 1. Without the l2 normalisation that the authors combine it with (see normalized_codes). 2.
From 32 to 8 dimensions, the authors' from 768 to 32. 3. MLPs instead of a vision transformer; one code an example.

**Shapes**: b examples, l latent width, d width of a code, k codes.
"""

from typing import Any

import jax

from toybench.methods.vector_quantization._autoencoder import NearestCode


class LowDimCodes(NearestCode):
    """In few dimensions more codes are near some feature."""

    code_width: int = 8  # d

    @property
    def width(self) -> int:
        return self.code_width

    def prepare(self, networks: Any, codes: jax.Array, key: jax.Array) -> tuple[Any, Any]:
        params, memory = super().prepare(networks, codes, key)
        noise = jax.random.normal(key, (2, self.latent * self.width))
        down = noise[0].reshape(self.latent, self.width) / self.latent**0.5
        up = noise[1].reshape(self.width, self.latent) / self.width**0.5
        return params | {"down": down, "up": up}, memory

    def features(self, params: Any, x: jax.Array) -> jax.Array:
        return self.encode(params, x) @ params["down"]

    def reconstruct(self, params: Any, code: jax.Array) -> jax.Array:
        return super().reconstruct(params, code @ params["up"])
