"""Factorised codes on the unit sphere: the nearest code is the one with the largest cosine to the projected feature.

**Source**: Yu et al., "Vector-quantized Image Modeling with Improved VQGAN", 2021, https://arxiv.org/abs/2110.04627
(l2-normalized codes, on top of factorized codes).

    u = z A,   q = e_j / |e_j|,   j = argmin_k | u / |u| - e_k / |e_k| |^2 = argmax_k cos(u, e_k),   decode(q B)

**Differs from the paper**: 1. From 32 to 8 dimensions, the authors' from 768 to 32. 2. MLPs instead of a vision
transformer; one code an example.

**Shapes**: b examples, d width of a code, k codes.
"""

from typing import Any

import jax

from toybench.methods.vector_quantization.low_dim_codes import LowDimCodes


class NormalizedCodes(LowDimCodes):
    """Features can't run away from the codes in length."""

    def features(self, params: Any, x: jax.Array) -> jax.Array:
        return on_sphere(super().features(params, x))

    def book(self, params: Any, memory: Any) -> jax.Array:
        return on_sphere(params["codes"])


def on_sphere(x: jax.Array) -> jax.Array:
    """Rows of x [n, d] with unit length."""
    return x * jax.lax.rsqrt((x**2).sum(-1, keepdims=True) + 1e-12)
