"""Lookup-free quantisation: log2 k latent dimensions, each reduced to its sign, with an entropy loss for even use.

**Source**: Yu et al., "Language Model Beats Diffusion: Tokenizer is Key to Visual Generation" (MAGVIT-v2), 2023,
https://arxiv.org/abs/2310.05737.

    q_i = sign(z_i),   index = sum_i 2^i [z_i > 0]
    loss = reconstruction + beta |z - sg(q)|^2 + w (E_x H(p(.|x)) - H(E_x p(.|x))),   p(c|x) = softmax_c(2 z.c / t)

**Differs from the paper**: 1. Both entropies are taken exactly over all k sign vectors. 2. MLPs instead of
convolutions; one code an example.

**Shapes**: b examples, d = log2 k latent dimensions, k codes.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from toybench.methods.vector_quantization._autoencoder import Autoencoder, State
from toybench.tasks.vector_quantization._autoencoder import Quantized


class LFQ(Autoencoder):
    """The codebook is the corners of a cube."""

    beta: float = 0.25  # weight of the commitment loss; 0.25
    entropy: float = 0.1  # w; the authors' 0.1
    temperature: float = 1.0  # t, relative to the distance of neighbouring corners

    space = {"lr": (0.003, 0.01, 0.03), "entropy": (0.01, 0.1)}

    def fits(self, spec: Any) -> str | None:
        return None if spec.codes & (spec.codes - 1) == 0 else f"{spec.codes} codes are not a power of two"

    @property
    def latent(self) -> int:
        return self.spec.codes.bit_length() - 1

    def prepare(self, networks: Any, codes: jax.Array, key: jax.Array) -> tuple[Any, Any]:
        return {"networks": networks}, ()

    def quantized(self, params: Any, x: jax.Array) -> Quantized:
        """Features of examples [b, i] and their corners; no gradient through the code."""
        z = self.encode(params, x)
        positive = z > 0
        index = (positive.astype(jnp.int32) << jnp.arange(self.latent)[None, :]).sum(1)
        return Quantized(z, jnp.where(positive, 1.0, -1.0), index)

    def forward(self, params: Any, memory: Any, x: jax.Array, key: jax.Array) -> tuple[jax.Array, Quantized]:
        seen = self.quantized(params, x)
        z, code = seen.feature, seen.code
        error = self.reconstruct(params, z + jax.lax.stop_gradient(code - z)) - x
        single, batch = entropies(2.0 / self.temperature * z @ corners(self.latent).T)
        return (error**2).mean() + self.beta * ((z - code) ** 2).mean() + self.entropy * (single - batch), seen

    def quantize(self, state: State, x: jax.Array) -> Quantized:
        return self.quantized(state.params, x)

    def codebook(self, state: State) -> jax.Array:
        return corners(self.latent)


def corners(dimensions: int) -> jax.Array:
    """All sign vectors in the order of their index, [2^d, d]."""
    index = np.arange(2**dimensions)[:, None]
    return jnp.array(2.0 * (index >> np.arange(dimensions)[None, :] & 1) - 1.0, jnp.float32)


def entropies(logits: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Mean entropy of the rows' softmax, and entropy of its mean, for logits [b, k]."""
    log = jax.nn.log_softmax(logits, axis=1)
    mean = jnp.exp(log).mean(0)
    return -(jnp.exp(log) * log).sum(1).mean(), -(mean * jnp.log(mean + 1e-20)).sum()
