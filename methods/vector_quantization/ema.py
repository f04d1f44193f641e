"""Vector-quantised autoencoder whose codes are running means of the features assigned to them.

**Source**: van den Oord, Vinyals and Kavukcuoglu, "Neural Discrete Representation Learning", 2017,
https://arxiv.org/abs/1711.00937, appendix A.1.

    N_k <- g N_k + (1 - g) n_k            n_k features z_1 .. z_nk of the batch have code k as their nearest
    m_k <- g m_k + (1 - g) sum_j z_j
    e_k  = m_k / N_k

**Differs from the paper**: 1. MLPs instead of convolutions; one code an example. 2. Norms are means over dimensions.

**Shapes**: b examples, d latent width, k codes.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.vector_quantization._autoencoder import NearestCode
from toybench.tasks.vector_quantization._autoencoder import Quantized

NEVER = 1e-12  # below this count a quotient of two vanishing averages is not formed, and the code stays


class Averages(NamedTuple):
    """Running counts [k] and sums [k, d] of assigned features, and the codes [k, d] they give."""

    count: jax.Array  # type: ignore[assignment]
    total: jax.Array
    codes: jax.Array


class EMA(NearestCode):
    """Only the commitment loss remains in the gradient; a code that is never chosen stays where it is."""

    decay: float = 0.99  # g; the paper 0.99

    def prepare(self, networks: Any, codes: jax.Array, key: jax.Array) -> tuple[Any, Averages]:
        codes = self.init_scale * codes
        return {"networks": networks}, Averages(count=jnp.ones(len(codes)), total=codes, codes=codes)

    def book(self, params: Any, memory: Averages) -> jax.Array:
        return memory.codes

    def alignment(self, z: jax.Array, q: jax.Array) -> jax.Array:
        return self.beta * ((z - q) ** 2).mean()

    def remember(self, params: Any, memory: Averages, seen: Quantized, key: jax.Array) -> tuple[Any, Averages]:
        chosen = jnp.zeros_like(memory.count).at[seen.index].add(1.0)
        summed = jnp.zeros_like(memory.total).at[seen.index].add(seen.feature)
        count = self.decay * memory.count + (1 - self.decay) * chosen
        total = self.decay * memory.total + (1 - self.decay) * summed
        codes = jnp.where(count[:, None] > NEVER, total / jnp.maximum(count, NEVER)[:, None], memory.codes)
        return params, Averages(count=count, total=total, codes=codes)
