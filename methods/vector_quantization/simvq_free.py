"""SimVQ's ablation: the basis is learned along with the linear layer.

**Source**: Zhu, Li, Xin, Xia and Xu, "Addressing Representation Collapse in Vector Quantized Models with One Linear
Layer", 2024, https://arxiv.org/abs/2411.02038 (the ablation of a trainable basis).

    e_k = c_k W,   c_k and W both learned

**Differs from the paper**: 1. as `simvq` does.

**Shapes**: b examples, d latent width, k codes.
"""

from typing import Any

import jax

from toybench.methods.vector_quantization.simvq import SimVQ


class SimVQFree(SimVQ):
    """The chosen rows of the basis can take up the change alone."""

    def prepare(self, networks: Any, codes: jax.Array, key: jax.Array) -> tuple[Any, Any]:
        params, basis = super().prepare(networks, codes, key)
        return params | {"codes": basis}, ()

    def book(self, params: Any, memory: Any) -> jax.Array:
        return super().book(params, params["codes"])
