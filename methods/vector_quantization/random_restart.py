"""Running-mean codes, and a code that is hardly ever chosen is put on a random feature of the batch.

**Source**: Dhariwal, Jun, Payne, Kim, Radford and Sutskever, "Jukebox: A Generative Model for Music", 2020,
https://arxiv.org/abs/2005.00341 (random restarts), on the running means of van den Oord et al., 2017.

    e_k = m_k / N_k  where N_k >= threshold,  z_j with j drawn from the batch  elsewhere

**Differs from the paper**: 1. The threshold is relative to a code's equal share of the batch, b / k; the authors' is
one feature in a batch of many per code. 2. Features are drawn with replacement, the authors' without, with small noise
where the batch is smaller than the codebook. 3. MLPs instead of convolutions; one code an example.

**Shapes**: b examples, d latent width, k codes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.vector_quantization.ema import EMA, Averages
from toybench.tasks.vector_quantization._autoencoder import Quantized


class RandomRestart(EMA):
    """The simple remedy that the papers' own have to be compared with."""

    threshold: float = 0.1  # least running count, in equal shares b / k

    def remember(self, params: Any, memory: Averages, seen: Quantized, key: jax.Array) -> tuple[Any, Averages]:
        params, memory = super().remember(params, memory, seen, key)
        dead = memory.count < self.threshold * len(seen.feature) / len(memory.count)
        drawn = seen.feature[jax.random.randint(key, memory.count.shape, 0, len(seen.feature))]
        return params, memory._replace(codes=jnp.where(dead[:, None], drawn, memory.codes))
