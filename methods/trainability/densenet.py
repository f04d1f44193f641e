"""A densely connected network: each layer sees what all layers before it gave.

**Source**: baseline; Huang, Liu, van der Maaten and Weinberger, "Densely Connected Convolutional Networks", 2016,
https://arxiv.org/abs/1608.06993, equation (2).

    h_l = activate([h_0, h_1, ..., h_{l-1}] w_l + b_l)        w_l ~ N(0, 2 / in_l), b = 0

**Differs from the paper**: 1. dense layers, one block, no normalisation. 2. the first layer gives as many units as each
of the others.

**Shapes**: b batch, d features, k classes, l layers, g units a layer; a buffer [b, (l + 1) g] holds zeros where no
layer has written yet, so that weights for them neither act nor change.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.trainability._deep import Shapes, Supervised, he
from toybench.tasks.trainability import Layer, Network, activate, dense


class DenseNet(Supervised):
    """Layers whose outputs are collected."""

    def shapes(self, width: int) -> Shapes:
        """Layer i of l sees (i + 1) g units: what counts are these, not the buffer's."""
        later = {f"layer{i}": ((i + 1) * width, width) for i in range(self.spec.depth)}
        return {
            "first": (self.spec.features, width),
            **later,
            "last": ((self.spec.depth + 1) * width, self.spec.classes),
        }

    def begin(self, noise: dict[str, jax.Array]) -> Network:
        depth = self.spec.depth
        parts = [he(noise[f"layer{i}"]) for i in range(depth)]
        full = (depth + 1) * self.width
        padded = [jnp.pad(part.w, ((0, full - len(part.w)), (0, 0))) for part in parts]
        stack = Layer(w=jnp.stack(padded), b=jnp.stack([part.b for part in parts]))
        return Network(first=he(noise["first"]), stack=stack, last=he(noise["last"]))

    def logits(self, params: Network, x: jax.Array) -> jax.Array:
        width = params.first.w.shape[1]
        kind = self.spec.activation

        def step(seen: jax.Array, part: tuple[Layer, jax.Array]) -> tuple[jax.Array, None]:
            layer, place = part
            given = activate(kind, dense(layer, seen))
            return jax.lax.dynamic_update_slice(seen, given, (0, place)), None

        empty = jnp.zeros((len(x), len(params.last.w)))
        seen = jax.lax.dynamic_update_slice(empty, activate(kind, dense(params.first, x)), (0, 0))
        places = width * jnp.arange(1, self.spec.depth + 1)
        seen, _ = jax.lax.scan(step, seen, (params.stack, places))
        return dense(params.last, seen)

    def parameters(self, state: Any) -> Network:
        """Those that can act: a layer's weights for what was written before it."""
        return jax.eval_shape(lambda: {k: he(jnp.zeros(v)) for k, v in self.shapes(self.width).items()})
