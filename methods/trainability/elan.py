"""An efficient layer aggregation network: short and long gradient paths side by side, met by one transition.

**Source**: Wang, Liao and Yeh, "Designing Network Design Strategies Through Gradient Path Analysis", 2022,
https://arxiv.org/abs/2211.04800 (abstract); the first authors' code, blocks of `cfg/training/yolov7.yaml` in
github.com/WongKinYiu/yolov7: after two and after four layers a stage is tapped, all taps are concatenated.

    [a, y_0] = h        y_i = layer(layer(y_{i-1}))        h <- activate([a, y_0, y_1, y_2] w + b)

**Differs from the paper**: 1. dense layers, no normalisation. 2. channels are split in halves, as in the stage level of
the paper; the code maps them onto two halves by two further layers. 3. blocks are as many as it takes for the longest
path, 5 layers a block, to be no shorter than the depth asked for.

**Shapes**: b batch, d features, k classes, w width; halves [b, w / 2].
"""

import jax
import jax.numpy as jnp

from toybench.methods.trainability._deep import Shapes, Supervised, he
from toybench.tasks.trainability import Layer, activate, dense

STAGES = 2  # taps of a block
LAYERS = 2  # layers between taps


class Elan(Supervised):
    """Blocks of two stages on one half of the units."""

    paper = "wang2022designing"

    def shapes(self, width: int) -> Shapes:
        blocks = -(-self.spec.depth // (STAGES * LAYERS + 1))
        half = width // 2
        return {
            "first": (self.spec.features, width),
            "stages": (blocks, STAGES, LAYERS, half, half),
            "transition": (blocks, (STAGES + 2) * half, width),
            "last": (width, self.spec.classes),
        }

    def begin(self, noise: dict[str, jax.Array]) -> dict[str, Layer]:
        return {name: he(part) for name, part in noise.items()}

    def logits(self, params: dict[str, Layer], x: jax.Array) -> jax.Array:
        kind = self.spec.activation

        def block(h: jax.Array, part: tuple[Layer, Layer]) -> tuple[jax.Array, None]:
            stages, transition = part
            kept, y = jnp.split(h, 2, axis=1)
            taps = [kept, y]
            for stage in range(STAGES):
                for layer in range(LAYERS):
                    y = activate(kind, dense(Layer(w=stages.w[stage, layer], b=stages.b[stage, layer]), y))
                taps.append(y)
            return activate(kind, dense(transition, jnp.concatenate(taps, axis=1))), None

        start = activate(kind, dense(params["first"], x))
        h, _ = jax.lax.scan(block, start, (params["stages"], params["transition"]))
        return dense(params["last"], h)
