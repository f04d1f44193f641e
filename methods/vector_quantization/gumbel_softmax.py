"""Codes drawn by Gumbel noise, with the gradient of the relaxed draw; colder as training goes on.

**Source**: Jang, Gu and Poole, "Categorical Reparameterization with Gumbel-Softmax", 2016,
https://arxiv.org/abs/1611.01144, section 2.2 (straight-through Gumbel-softmax); with distances to codes as logits as in
Sønderby, Poole and Mnih, "Continuous Relaxation Training of Discrete Latent Variable Image Models", 2017.

    y = softmax((-|z - e_k|^2 + g_k) / t),   g_k Gumbel noise
    q = sum_k h_k e_k,   h = onehot(argmax y) + y - sg(y)
    loss = |x - D(q)|^2 + w KL(softmax(-|z - e_k|^2), uniform)

**Differs from the paper**: 1. The temperature falls from 1 to 1/16 exponentially, as is usual in image models. 2. At
evaluation the nearest code is taken, without noise.

**Shapes**: b examples, d latent width, k codes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.vector_quantization._autoencoder import NearestCode
from toybench.tasks.vector_quantization._autoencoder import Quantized, squared_distances

COLDEST = 1 / 16  # temperature at the last step


class GumbelSoftmax(NearestCode):
    """No codebook or commitment loss: codes near a feature share the gradient of the reconstruction."""

    lr: float = 0.003  # Adam's learning rate, decayed to 0 by a cosine; noisy gradients want it lower than elsewhere
    kl: float = 0.0005  # w; 0.0005 in VQGAN's Gumbel variant

    space = {"lr": (0.001, 0.003, 0.01), "init_scale": (1.0, 3.0)}

    def prepare(self, networks: Any, codes: jax.Array, key: jax.Array) -> tuple[Any, jax.Array]:
        params, _ = super().prepare(networks, codes, key)
        return params, jnp.zeros(())  # updates so far

    def temperature(self, step: jax.Array) -> jax.Array:
        return COLDEST ** (step / max(self.steps, 1))

    def forward(self, params: Any, memory: jax.Array, x: jax.Array, key: jax.Array) -> tuple[jax.Array, Quantized]:
        z, book = self.features(params, x), self.book(params, memory)
        logits = -squared_distances(z, book)
        y = jax.nn.softmax((logits + jax.random.gumbel(key, logits.shape)) / self.temperature(memory), axis=1)
        index = jnp.argmax(y, axis=1)
        q = (jax.nn.one_hot(index, len(book)) + y - jax.lax.stop_gradient(y)) @ book
        log = jax.nn.log_softmax(logits, axis=1)
        kl = (jnp.exp(log) * log).sum(1).mean() + jnp.log(float(len(book)))
        return ((self.reconstruct(params, q) - x) ** 2).mean() + self.kl * kl, Quantized(z, q, index)

    def remember(self, params: Any, memory: jax.Array, seen: Quantized, key: jax.Array) -> tuple[Any, jax.Array]:
        return params, memory + 1.0
