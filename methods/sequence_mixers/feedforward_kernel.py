"""Linear attention whose features are a trained network: gated layers, and a softplus at the end.

**Source**: Yorsh, Kovalenko: Linear Self-Attention Approximation via Trainable Feedforward Kernel, 2022,
https://arxiv.org/abs/2211.04076; abstract, and the authors' code, vladyorsh/lra_efficient_transformers,
`lra/layers.py` at f691a64 (`GatedOrthoKernel`, `LKAAttention`) and `notebooks/example_cls.ipynb` (three in a row).

    phi = u_3 u_2 u_1        u(x) = a(W x) * sigmoid(V x), a = softplus in the last one, else the identity
    loss + penalty mean((W W^T - 1)^2) of every W        y = phi(q) (sum phi(k) v) / phi(q) (sum phi(k))

**Differs from the paper**: (1) causal sums; (2) W starts normal with variance 1 / c, not orthogonal; (3) no dropout;
(4) 10^-6 is added to the divisor; (5) one block of width 32, 16 features a head.

**Shapes**: b streams, t tokens, h heads, c width of a head.
"""

from collections.abc import Callable

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks.mixers import Projected, linear_attend
from toybench.blocks.streams import HEADS, RATES, Mixing

UNITS = 3  # gated layers, the authors'


class HeadMaps(nn.Module):
    """A linear map of each head, [h, c, c]."""

    heads: int
    width: int

    @nn.compact
    def __call__(self) -> jax.Array:
        flat = self.param("kernel", nn.initializers.lecun_normal(), (self.width, self.heads * self.width))
        return flat.reshape(self.width, self.heads, self.width).transpose(1, 0, 2)


class FeedforwardFeatures(nn.Module):
    """Queries or keys [..., h, c] to positive features of the same shape; `penalty` is what it sows into the loss."""

    penalty: float | jax.Array

    @nn.compact
    def __call__(self, q: jax.Array, k: jax.Array) -> tuple[jax.Array, jax.Array]:
        h, c = q.shape[-2:]
        for unit in range(UNITS):
            forward = HeadMaps(heads=h, width=c)()
            gate = HeadMaps(heads=h, width=c)()
            activation = nn.softplus if unit == UNITS - 1 else identity
            q = gated(q, forward, gate, activation)
            k = gated(k, forward, gate, activation)
            if not self.is_initializing():
                self.sow("losses", f"unit_{unit}", self.penalty * distance_from_orthogonal(forward))
        return q, k


class FeedforwardKernel(Mixing):
    """Attention whose weights are products of trained positive features."""

    penalty: float = 0.1  # weight of the distance from orthogonal maps, 0 or more; authors: 0.1 or 0

    paper = "yorsh2022linear"
    space = {"lr": RATES[1:4], "penalty": (0.0, 0.1)}

    def mixer(self) -> nn.Module:
        def mix(x: jax.Array, q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
            q, k = FeedforwardFeatures(penalty=self.penalty)(q, k)
            return linear_attend(q, k, v)

        return Projected(heads=HEADS, mix=mix)


def gated(x: jax.Array, forward: jax.Array, gate: jax.Array, activation: Callable[[jax.Array], jax.Array]) -> jax.Array:
    """One gated layer of heads [..., h, c]."""
    moved = jnp.einsum("...hc,hce->...he", x, forward)
    return activation(moved) * nn.sigmoid(jnp.einsum("...hc,hce->...he", x, gate))


def identity(x: jax.Array) -> jax.Array:
    """x."""
    return x


def distance_from_orthogonal(maps: jax.Array) -> jax.Array:
    """Mean square of W W^T - 1 over the heads, []."""
    products = jnp.einsum("hce,hde->hcd", maps, maps)
    return ((products - jnp.eye(maps.shape[-1])[None]) ** 2).mean()
