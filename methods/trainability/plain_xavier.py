"""A plain stack of layers, started as Glorot and Bengio do.

**Source**: baseline; Glorot and Bengio, "Understanding the Difficulty of Training Deep Feedforward Neural Networks",
2010, https://proceedings.mlr.press/v9/glorot10a.html, equation (12).

    h <- activate(h w + b)        w ~ N(0, 2 / (in + out)), b = 0

**Differs from the paper**: 1. normal weights instead of uniform ones of the same variance.

**Shapes**: b batch, d features, k classes.
"""

import jax

from toybench.methods.trainability._deep import Shapes, Supervised, plain, scaled, stack_shapes
from toybench.tasks.trainability import Network


class PlainXavier(Supervised):
    """Normal weights of variance 2 / (in + out)."""

    def shapes(self, width: int) -> Shapes:
        return stack_shapes(self.spec, width)

    def begin(self, noise: dict[str, jax.Array]) -> Network:
        return Network(**{name: scaled(part, 2 / (part.shape[-2] + part.shape[-1])) for name, part in noise.items()})

    def logits(self, params: Network, x: jax.Array) -> jax.Array:
        return plain(self.spec.activation, params, x)[1]
