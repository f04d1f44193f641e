"""Resonator network with noisy, thresholded similarities.

**Source**: Langenegger, Karunaratne, Hersche, Benini, Sebastian and Rahimi, "In-Memory Factorization of Holographic
Perceptual Representations", Nature Nanotechnology 18, 2023, https://doi.org/10.1038/s41565-023-01357-8,
https://arxiv.org/abs/2211.05052.

    a <- X_f^H (s * prod_{g != f} conj(x_g)) + noise        one draw for every sweep and factor
    x_f <- g(X_f (a where |a| >= threshold, else 0))        in units of sqrt(d), the spread of a random codeword's a

Noise frees the network from limit cycles; without noise and threshold it is `resonator`.

**Differs from the paper**: 1. normal noise in place of a device's. 2. factors are updated in turn. 3. guesses are
decoded by the magnitude of their similarity. 4. it always runs all sweeps, where the paper stops at a similarity.

**Shapes**: b products, f factors, m codewords a factor, d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.methods.vector_symbolic._resonator import Resonator, State, as_phases


class StochasticResonator(Resonator):
    """The linear clean-up with noise and a threshold."""

    noise: float = 0.3  # standard deviation of the noise, in units of sqrt(d)
    threshold: float = 1.0  # least similarity that counts, in units of sqrt(d)

    space = {"noise": (0.1, 0.3, 1.0, 2.0), "threshold": (0.0, 1.0, 2.0, 3.0)}

    def weigh(self, state: State, similar: jax.Array, codebook: jax.Array, key: jax.Array) -> jax.Array:
        spread = self.spec.dim**0.5
        parts = 2 if jnp.iscomplexobj(similar) else 1
        draw = jax.random.normal(key, (parts, *similar.shape)) * (self.noise * spread / parts**0.5)
        noisy = similar + (jax.lax.complex(draw[0], draw[1]) if parts == 2 else draw[0])
        return jnp.where(jnp.abs(noisy) >= self.threshold * spread, noisy, jnp.zeros_like(noisy))

    def bound(self, state: State, guess: jax.Array) -> jax.Array:
        return as_phases(state, guess)
