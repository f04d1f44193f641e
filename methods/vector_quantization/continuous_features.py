"""Softmax features kept as floats: what the codes would reach without a budget of bits.

**Source**: Zhai and Wu, "Classification is a Strong Baseline for Deep Metric Learning", 2018,
https://arxiv.org/abs/1811.12649 (normalised softmax).

    p(y | x)  prop. to  exp(cos(f(x), w_y) / temperature),   similarity = cos(f(query), f(item))

**Differs from the paper**: 1. no layer normalisation before the cosine; 2. small MLP, 16 features. It breaks the
task's budget of bits on purpose: its `bits` say by how much.

**Shapes**: q queries, n items, l features.
"""

import jax

from toybench.methods.vector_quantization._retrieval import NormalisedSoftmax, State, unit


class ContinuousFeatures(NormalisedSoftmax):
    """A reference for the codes, not a competitor."""

    features: int = 16  # l

    @property
    def outputs(self) -> int:
        return self.features

    def store(self, state: State, x: jax.Array) -> jax.Array:
        return unit(self.encode(state.params, x))

    def score(self, state: State, x: jax.Array, stored: jax.Array) -> jax.Array:
        return unit(self.encode(state.params, x)) @ stored.T
