"""Layer-sequential unit variance: orthonormal weights, each layer scaled until its outputs vary by 1.

**Source**: Mishkin and Matas, "All you need is a good init", 2015, https://arxiv.org/abs/1511.06422, algorithm 1; the
authors' code, `tools/extra/lsuv_init.py` in github.com/ducha-aiki/LSUVinit (variance before the activation).

    for each layer from the first:  w <- orthonormal;  w <- w / sqrt(Var[h w]);  h <- activate(h w)

**Differs from the paper**: 1. dense layers. 2. one division instead of a loop until |Var - 1| < 0.1: h w is linear in w
and biases are 0, so that it is exact. 3. the variance is taken over one public batch of 64 points.

**Shapes**: b batch, d features, k classes; the variance is over points and units.
"""

import jax
import jax.numpy as jnp

from toybench.methods.trainability._deep import Shapes, Supervised, orthonormal, plain, stack_shapes
from toybench.tasks.trainability import Layer, Network, activate


class Lsuv(Supervised):
    """A plain stack whose layers start with outputs of variance 1."""

    paper = "mishkin2015all"

    def shapes(self, width: int) -> Shapes:
        return stack_shapes(self.spec, width)

    def begin(self, noise: dict[str, jax.Array]) -> Network:
        def normalise(h: jax.Array, w: jax.Array) -> tuple[jax.Array, Layer]:
            """What enters the next layer, and this layer."""
            unit = w / (h @ w).std()
            return activate(self.spec.activation, h @ unit), Layer(w=unit, b=jnp.zeros(w.shape[-1]))

        weights = {name: orthonormal(part) for name, part in noise.items()}
        h, first = normalise(self.given.batch, weights["first"])
        h, stack = jax.lax.scan(normalise, h, weights["stack"])
        _, last = normalise(h, weights["last"])
        return Network(first=first, stack=stack, last=last)

    def logits(self, params: Network, x: jax.Array) -> jax.Array:
        return plain(self.spec.activation, params, x)[1]
