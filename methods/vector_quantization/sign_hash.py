"""Softmax features cut to their signs: one bit a feature.

**Source**: Zhai and Wu, "Classification is a Strong Baseline for Deep Metric Learning", 2018,
https://arxiv.org/abs/1811.12649 (normalised softmax on layer-normalised features, thresholded at 0). A baseline of
Lee et al., 2019, https://arxiv.org/abs/1905.11656.

    h = f(x) - mean over the features of f(x)       centred, so that a bit splits in the middle
    p(y | x)  prop. to  exp(cos(h, w_y) / temperature)
    stored bits = [h > 0],  similarity of a query and stored bits s in {-1, 1} = <h(query), s> / |h(query)|

**Differs from the paper**: 1. the query stays real-valued, as for the other methods here; 2. layer normalisation
has no scale and bias; 3. small MLP.

**Shapes**: b batch, l features (as many as the code has bits), d symbols, q queries, n items.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.vector_quantization._retrieval import NormalisedSoftmax, State, unit


class SignHash(NormalisedSoftmax):
    """Bits are packed into the task's symbols, log2(arity) a symbol."""

    @property
    def each(self) -> int:
        """Bits a symbol."""
        return self.spec.arity.bit_length() - 1

    @property
    def outputs(self) -> int:
        return self.spec.length * self.each

    def encode(self, params: Any, x: jax.Array) -> jax.Array:
        features = super().encode(params, x)
        return features - features.mean(-1, keepdims=True)

    def store(self, state: State, x: jax.Array) -> jax.Array:
        bit = (self.encode(state.params, x) > 0).astype(jnp.int32).reshape(len(x), -1, self.each)
        return (bit * (2 ** jnp.arange(self.each))[None, None, :]).sum(-1)

    def score(self, state: State, x: jax.Array, stored: jax.Array) -> jax.Array:
        bit = (stored[:, :, None] >> jnp.arange(self.each)[None, None, :]) & 1
        sign = (2 * bit.reshape(len(stored), -1) - 1).astype(jnp.float32)
        return unit(self.encode(state.params, x)) @ sign.T
