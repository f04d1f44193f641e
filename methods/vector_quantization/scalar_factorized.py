"""Scalar quantisation with a learned transform and one univariate entropy model a latent.

**Source**: Ballé, Laparra and Simoncelli, "End-to-end Optimized Image Compression", 2017,
https://arxiv.org/abs/1611.01704 (rounding replaced by uniform noise in training, rate-distortion Lagrangian,
factorised prior).

    y     = encoder(x),   training: y + U(-1/2, 1/2),   test: round(y)
    loss  = - sum_i log2 q_i(y_i)  +  weight * squared error summed over dimensions
    q_i(y) = F_i(y + 1/2) - F_i(y - 1/2)                F_i: mixture of logistics, learned

**Differs from the paper**: 1. MLP transforms instead of convolutions with generalised normalisation; 2. F_i is a
mixture of three logistics instead of a piecewise linear density; 3. four weights are trained side by side.

**Shapes**: b batch, l latents (as many symbols), m logistics.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.vector_quantization._codec import Codec, State

LOGISTICS = 3


class ScalarFactorized(Codec):
    """The alphabet is centred on 0 and values beyond it are clipped, in test."""

    weights: tuple[int, ...] = (1, 2, 4, 8)  # bits that one unit of squared error is worth, an operating point each

    space = {"lr": (0.003, 0.01, 0.03, 0.06)}

    @property
    def points(self) -> int:
        return len(self.weights)

    def point(self) -> jax.Array:
        return jnp.asarray(self.weights, jnp.float32)

    def quantiser(self, key: jax.Array) -> tuple[Any, Any]:
        """Mixture logits, places and log widths [p, l, m]."""
        place = jnp.broadcast_to(
            jnp.linspace(-2.0, 2.0, LOGISTICS)[None, None, :], (self.points, self.latent, LOGISTICS)
        )
        return {"logit": jnp.zeros(place.shape), "place": place, "width": jnp.zeros(place.shape)}, ()

    def loss(self, params: Any, point: jax.Array, x: jax.Array, key: jax.Array) -> tuple[jax.Array, Any]:
        y = self.encoder.apply(params["encoder"], x)
        y = y + jax.random.uniform(key, y.shape) - 0.5
        error = ((self.decoder.apply(params["decoder"], y) - x) ** 2).sum(-1).mean()
        return bits(params["quantiser"], y).mean() + point * error, ()

    def symbols(self, state: State, x: jax.Array) -> jax.Array:
        half = self.spec.alphabet // 2
        y = jax.vmap(lambda params: self.encoder.apply(params["encoder"], x))(state.params)
        return jnp.clip(jnp.round(y).astype(jnp.int32) + half, 0, self.spec.alphabet - 1)

    def restore(self, state: State, symbols: jax.Array) -> jax.Array:
        y = (symbols - self.spec.alphabet // 2).astype(jnp.float32)
        return jax.vmap(lambda params, y: self.decoder.apply(params["decoder"], y))(state.params, y)


def bits(model: Any, y: jax.Array) -> jax.Array:
    """- sum_i log2 q_i(y_i), [b], for latents y [b, l] under mixtures {logit, place, width} [l, m]."""
    centred = (y[:, :, None] - model["place"][None]) / jnp.exp(model["width"])[None]
    reach = 0.5 / jnp.exp(model["width"])[None]
    # sigmoid(a) - sigmoid(b) for a > b, without cancellation far from the centre (the density is symmetric)
    far = -jnp.abs(centred)
    mass = jax.nn.sigmoid(far + reach) - jax.nn.sigmoid(far - reach)
    probability = (jax.nn.softmax(model["logit"])[None] * mass).sum(-1)
    return -jnp.log2(jnp.maximum(probability, 1e-9)).sum(-1)
