"""Wide Norm: many small asymmetric Mahalanobis norms of the difference of latents.

**Source**: Pitis, Chan, Jamali and Ba, "An Inductive Bias for Distances: Neural Nets that Respect the Triangle
Inequality", 2020, https://arxiv.org/abs/2002.05825, and `torchqmet/neural_norms.py` of torch-quasimetric.

    h_k = || W_k [relu(x); relu(-x)] ||_2     W_k >= 0     x = u - v
    d(u, v) = maxmean_k c_k(h_k)                           c_k: concave, increasing, c_k(0) = 0

**Differs from the paper**: 1. 16 components of 8 rows instead of rows of 32. 2. weights start at N(0, 1/inputs), three
times the variance in the authors' code.

**Shapes**: b pairs, l latent dimensions, k components, r rows a component, p pieces of c.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.random import normals
from toybench.methods.quasimetric._embedding import DECAYS, LatentDistance, concave, length, maxmean, nonnegative

FLAT = 1e-3  # scale of the activations' raw parameters at the start, as in the authors' code
FIRST_OFFSET = -1.0  # raw offset of their lines at the start, as in the authors' code


class WideNorm(LatentDistance):
    """Maxmean of concave functions of many Mahalanobis norms of the latents' difference."""

    components: int = 16  # k
    rows: int = 8  # r
    pieces: int = 5  # p; the default of torch-quasimetric

    guaranteed_quasimetric = True
    space = {"lr": (0.01, 0.03, 0.1, 0.3), "decay": DECAYS}

    def head(self, key: jax.Array) -> dict:
        k = self.components
        inputs = 2 * self.latent
        draw = normals(key, w=(inputs, k * self.rows), slopes=(self.pieces, k), offsets=(self.pieces - 1, k))
        return {
            "w": draw["w"] / inputs**0.5,
            "slopes": FLAT * draw["slopes"],
            "offsets": FLAT * draw["offsets"] + FIRST_OFFSET,
            "maxmean": -jnp.ones(()),
        }

    def norm(self, head: dict, x: jax.Array) -> jax.Array:
        """Components [b, k] of x [b, l]: convex and positively homogeneous, each."""
        h = jax.nn.relu(jnp.concatenate([x, -x], axis=-1)) @ nonnegative(head["w"])
        return length(h.reshape(len(x), self.components, self.rows))

    def between(self, head: dict, u: jax.Array, v: jax.Array) -> jax.Array:
        components = concave(head["slopes"], head["offsets"], self.norm(head, u - v))
        return maxmean(head["maxmean"], components)
