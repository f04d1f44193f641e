"""Deep Norm: an input-convex, positively homogeneous network of the difference of latents.

**Source**: Pitis, Chan, Jamali and Ba, "An Inductive Bias for Distances: Neural Nets that Respect the Triangle
Inequality", 2020, https://arxiv.org/abs/2002.05825, and `torchqmet/neural_norms.py` of torch-quasimetric.

    h_1 = relu(U_1 x)     h_i = relu(W_i h_(i-1) + U_i x)     W_i >= 0     x = u - v
    d(u, v) = maxmean_k c_k(h_3)_k                            c_k: concave, increasing, c_k(0) = 0

**Differs from the paper**: 1. width 64. 2. ReLU activations throughout: pairwise MaxReLU outputs may be negative,
which loses the guarantee. 3. weights start at N(0, 1/inputs), three times the variance in the
authors' code.

**Shapes**: b pairs, l latent dimensions, k components, p pieces of c.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.random import normals
from toybench.methods.quasimetric._embedding import DECAYS, LatentDistance, concave, maxmean, nonnegative

FLAT = 1e-3  # scale of the activations' raw parameters at the start, as in the authors' code
FIRST_OFFSET = -1.0  # raw offset of their lines at the start, as in the authors' code


class DeepNorm(LatentDistance):
    """Maxmean of concave functions of an input-convex network of the latents' difference."""

    layers: int = 3  # the default of torch-quasimetric
    pieces: int = 5  # p; the default of torch-quasimetric

    guaranteed_quasimetric = True
    space = {"lr": (0.004, 0.02, 0.1, 0.5), "decay": DECAYS}

    def head(self, key: jax.Array) -> dict:
        n = self.latent
        k = self.hidden
        draw = normals(
            key,
            u=(self.layers, n, k),
            w=(self.layers - 1, k, k),
            slopes=(self.pieces, k),
            offsets=(self.pieces - 1, k),
        )
        return {
            "u": draw["u"] / n**0.5,
            "w": draw["w"] / k**0.5,
            "slopes": FLAT * draw["slopes"],
            "offsets": FLAT * draw["offsets"] + FIRST_OFFSET,
            "maxmean": -jnp.ones(()),
        }

    def norm(self, head: dict, x: jax.Array) -> jax.Array:
        """Components [b, k] of x [b, l]: convex and positively homogeneous, each."""
        h = jax.nn.relu(x @ head["u"][0])
        for u, w in zip(head["u"][1:], nonnegative(head["w"]), strict=True):
            h = jax.nn.relu(h @ w + x @ u)
        return h

    def between(self, head: dict, u: jax.Array, v: jax.Array) -> jax.Array:
        components = concave(head["slopes"], head["offsets"], self.norm(head, u - v))
        return maxmean(head["maxmean"], components)
