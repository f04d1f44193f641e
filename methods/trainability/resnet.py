"""A residual network.

**Source**: baseline; He, Zhang, Ren and Sun, "Identity Mappings in Deep Residual Networks", 2016,
https://arxiv.org/abs/1603.05027, figure 1b.

    h <- h + (activate(h) w + b) / sqrt(l)        w ~ N(0, 2 / in), b = 0

**Differs from the paper**: 1. dense layers. 2. one layer a branch. 3. no normalisation; branches are divided by
sqrt(l) instead.

**Shapes**: b batch, d features, k classes, l layers.
"""

import jax

from toybench.methods.trainability._deep import Shapes, Supervised, he, stack_shapes
from toybench.tasks.trainability import Network, residual


class ResNet(Supervised):
    """Layers that add to what they are given."""

    def shapes(self, width: int) -> Shapes:
        return stack_shapes(self.spec, width)

    def begin(self, noise: dict[str, jax.Array]) -> Network:
        return Network(**{name: he(part) for name, part in noise.items()})

    def logits(self, params: Network, x: jax.Array) -> jax.Array:
        return residual(self.spec.activation, params, x)[1]
