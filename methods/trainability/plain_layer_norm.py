"""A plain stack of layers, each normalised over its units.

**Source**: baseline; Ba, Kiros and Hinton, "Layer Normalization", 2016, https://arxiv.org/abs/1607.06450, equation (4).

    z = h w        h <- activate((z - mean z) / std z + b)        w ~ N(0, 2 / in), b = 0

**Differs from the paper**: 1. no gains.

**Shapes**: b batch, d features, k classes, w width.
"""

import jax
import jax.numpy as jnp

from toybench.methods.trainability._deep import Shapes, Supervised, he, stack_shapes
from toybench.tasks.trainability import Layer, Network, activate, dense

TINY = 1e-5  # added to the variance, as is usual


class PlainLayerNorm(Supervised):
    """A plain stack with units of mean 0 and variance 1 before the activation."""

    def shapes(self, width: int) -> Shapes:
        return stack_shapes(self.spec, width)

    def begin(self, noise: dict[str, jax.Array]) -> Network:
        return Network(**{name: he(part) for name, part in noise.items()})

    def logits(self, params: Network, x: jax.Array) -> jax.Array:
        def step(h: jax.Array, layer: Layer) -> tuple[jax.Array, None]:
            return activate(self.spec.activation, normalise(h @ layer.w) + layer.b[None, :]), None

        h, _ = jax.lax.scan(step, step(x, params.first)[0], params.stack)
        return dense(params.last, h)


def normalise(z: jax.Array) -> jax.Array:
    """z [b, w] less its mean, over its standard deviation, point by point."""
    spread = jnp.sqrt(z.var(1, keepdims=True) + TINY)
    return (z - z.mean(1, keepdims=True)) / spread
