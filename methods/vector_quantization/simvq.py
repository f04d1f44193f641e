"""SimVQ: codes are a frozen random basis times one learned linear layer, so every gradient moves the whole codebook.

**Source**: Zhu, Li, Xin, Xia and Xu, "Addressing Representation Collapse in Vector Quantized Models with One Linear
Layer", 2024, https://arxiv.org/abs/2411.02038.

    e_k = c_k W,   c_k ~ N(0, 1/d) frozen,   W [d, d] learned

**Differs from the paper**: 1. W starts as the identity times a tuned scale, so that the first codes are those of plain
VQ; the authors' starts as a random linear layer. 2. The layer has a bias, as in the authors' code. 3. MLPs instead of
convolutions; one code an example.

**Shapes**: b examples, d latent width, k codes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.vector_quantization._autoencoder import NearestCode


class SimVQ(NearestCode):
    """The loss is that of plain VQ; only the parametrisation of the codes differs."""

    paper = "zhu2024addressing"

    def prepare(self, networks: Any, codes: jax.Array, key: jax.Array) -> tuple[Any, Any]:
        weight = self.init_scale * jnp.eye(self.width)
        return {"networks": networks, "weight": weight, "bias": jnp.zeros(self.width)}, codes

    def book(self, params: Any, memory: Any) -> jax.Array:
        return memory @ params["weight"] + params["bias"][None, :]
