"""A fractal network whose joins keep all their inputs.

**Source**: control of Larsson, Maire and Shakhnarovich, "FractalNet: Ultra-Deep Neural Networks without Residuals",
2016, https://arxiv.org/abs/1605.07648; the authors' code, `fractal_join_layer.cpp` in github.com/gustavla/fractalnet.

    f_1 = layer        f_{c+1}(x) = join(f_c(f_c(x)), layer(x))        join = mean of the inputs

**Differs from the paper**: 1. dense layers, no normalisation, no pooling between blocks, no dropout.
2. joins that follow one another are one, as in the paper's figures.

**Shapes**: b batch, d features, k classes, c columns.
"""

import jax
import jax.numpy as jnp

from toybench.methods.trainability._deep import (
    Shapes,
    State,
    Supervised,
    every_path,
    fractal,
    fractal_shapes,
    he,
    one_column,
)
from toybench.tasks.trainability import Network


class FractalNetWithoutDropPath(Supervised):
    """Fractal blocks, trained whole."""

    columns: int = 4  # c; the longest path of a block has 2^(c - 1) layers

    def shapes(self, width: int) -> Shapes:
        return fractal_shapes(self.spec, self.columns, width)

    def begin(self, noise: dict[str, jax.Array]) -> Network:
        return Network(**{name: he(part) for name, part in noise.items()})

    def logits(self, params: Network, x: jax.Array) -> jax.Array:
        return fractal(self.spec.activation, params, every_path(self.spec, self.columns), x)

    def predict_column(self, state: State, x: jax.Array) -> jax.Array:
        deepest = one_column(self.spec, self.columns, jnp.array(self.columns - 1))
        return fractal(self.spec.activation, state.params, deepest, x)
