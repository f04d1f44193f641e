"""Holographic reduced representations with unitary vectors: every frequency has modulus 1.

**Source**: Plate, "Holographic Reduced Representations", IEEE Transactions on Neural Networks 6(3), 1995,
https://doi.org/10.1109/72.377968 (unitary vectors).

    F(k)_w <- F(k)_w / |F(k)_w|        then correlation is the exact inverse of convolution

**Differs from the paper**: 1. sums aren't normalised inside a record. 2. it answers for records alone; as sets, sums of
its vectors are as good as those of hrr.

**Shapes**: b vectors, d dimensions, k keys.
"""

import jax
import jax.numpy as jnp

from toybench.methods.vector_symbolic._algebra import TINY, Algebra, State, normalise
from toybench.methods.vector_symbolic._convolution import convolve, correlate


class HRRUnitary(Algebra):
    """Commutative isometry."""

    def atoms(self, key: jax.Array, count: int) -> jax.Array:
        spectrum = jnp.fft.rfft(jax.random.normal(key, (count, self.spec.dim)))
        flat = spectrum / jnp.maximum(jnp.abs(spectrum), TINY).astype(spectrum.dtype)
        return jnp.fft.irfft(flat, n=self.spec.dim) * self.spec.dim**0.5

    def operators(self, key: jax.Array) -> jax.Array:
        return self.atoms(key, self.spec.keys) / self.spec.dim**0.5

    def bind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        return convolve(state.keys[key], vector)

    def unbind(self, state: State, key: jax.Array, vector: jax.Array) -> jax.Array:
        return correlate(state.keys[key], vector)

    def settle(self, state: State, vector: jax.Array) -> jax.Array:
        return normalise(vector)
