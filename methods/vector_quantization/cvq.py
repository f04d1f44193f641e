"""CVQ: codes that are hardly ever chosen are pulled onto features of the present batch, the less used the harder.

**Source**: Zheng and Vedaldi, "Online Clustered Codebook", 2023, https://arxiv.org/abs/2307.15139, and the authors'
code.

    N_k <- g N_k + (1 - g) n_k / b
    a_k  = exp(-10 N_k K / (1 - g) - 0.001)
    e_k <- (1 - a_k) e_k + a_k z_j,   j drawn from the batch with probability proportional to exp(-|z_j - e_k|^2)

**Differs from the paper**: 1. Distances are Euclidean as for every method here; the authors' code also has cosines.
2. No contrastive loss (the authors' option). 3. MLPs instead of convolutions; one code an example.

**Shapes**: b examples, d latent width, k codes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.vector_quantization._autoencoder import NearestCode
from toybench.tasks.vector_quantization._autoencoder import Quantized, squared_distances, usage


class CVQ(NearestCode):
    """Codes in use learn by gradient as in plain VQ; the running usage N decides who is re-anchored."""

    paper = "zheng2023online"

    decay: float = 0.99  # g; the authors' 0.99

    def prepare(self, networks: Any, codes: jax.Array, key: jax.Array) -> tuple[Any, jax.Array]:
        params, _ = super().prepare(networks, codes, key)
        return params, jnp.zeros(len(codes))

    def remember(self, params: Any, memory: jax.Array, seen: Quantized, key: jax.Array) -> tuple[Any, jax.Array]:
        codes = params["codes"]
        memory = self.decay * memory + (1 - self.decay) * usage(seen.index, len(codes))
        pull = anchoring(memory, self.decay)[:, None]
        moved = (1 - pull) * codes + pull * anchors(codes, seen.feature, jax.random.uniform(key, (len(codes),)))
        return params | {"codes": moved}, memory


def anchoring(share: jax.Array, decay: float) -> jax.Array:
    """How far each code moves to its anchor, in (0, 1), from its running usage [k]."""
    return jnp.exp(-10.0 * len(share) * share / (1 - decay) - 1e-3)


def anchors(codes: jax.Array, features: jax.Array, uniform: jax.Array) -> jax.Array:
    """A feature [k, d] for each code, drawn by distance: the inverse of the cumulated probabilities at uniform [k]."""
    chance = jax.nn.softmax(-squared_distances(codes, features), axis=1)  # [k, b]
    below = jnp.cumsum(chance, axis=1) < uniform[:, None]
    return features[jnp.minimum(below.sum(1), len(features) - 1)]
