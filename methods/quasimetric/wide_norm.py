"""Wide Norm: many small asymmetric Mahalanobis norms of the difference of latents.

**Source**: Pitis, Chan, Jamali and Ba, "An Inductive Bias for Distances: Neural Nets that Respect the Triangle
Inequality", 2020, https://arxiv.org/abs/2002.05825, and the authors' code.

    h_k = || W_k [relu(x); relu(-x)] ||_2     W_k >= 0     x = u - v
    d(u, v) = maxmean_k c_k(h_k)                           c_k: concave, increasing, c_k(0) = 0

**Differs from the paper**: 1. 16 components of 8 rows instead of rows of 32.

**Shapes**: b pairs, l latent dimensions, k components, r rows a component, p pieces of c.
"""

import jax
import jax.numpy as jnp

from toybench.methods.quasimetric._latent import LatentDistance, length, maxmean, normals
from toybench.methods.quasimetric._norms import concave, nonnegative


class WideNorm(LatentDistance):
    """Guarantees a quasimetric."""

    components: int = 16  # k
    rows: int = 8  # r
    pieces: int = 5  # p; the default of torch-quasimetric

    guaranteed_quasimetric = True

    def head(self, key: jax.Array) -> dict:
        k, p, wide = self.components, self.pieces, (2 * self.latent, self.components * self.rows)
        draw = normals(key, w=wide, slopes=(p, k), offsets=(p - 1, k))
        return {
            "w": draw["w"] / wide[0] ** 0.5,
            "slopes": 1e-3 * draw["slopes"],
            "offsets": 1e-3 * draw["offsets"] - 1.0,
            "maxmean": -jnp.ones(()),
        }

    def norm(self, head: dict, x: jax.Array) -> jax.Array:
        """Components [b, k] of x [b, l]: convex and positively homogeneous, each."""
        h = jax.nn.relu(jnp.concatenate([x, -x], axis=-1)) @ nonnegative(head["w"])
        return length(h.reshape(len(x), self.components, self.rows))

    def between(self, head: dict, u: jax.Array, v: jax.Array) -> jax.Array:
        components = concave(head["slopes"], head["offsets"], self.norm(head, u - v))
        return maxmean(head["maxmean"], components)
