"""A fractal network trained with drop-path: paths of several lengths, each of whose columns can stand alone.

**Source**: Larsson, Maire and Shakhnarovich, "FractalNet: Ultra-Deep Neural Networks without Residuals", 2016,
https://arxiv.org/abs/1605.07648; the authors' code, `fractal_join_layer.cpp` in github.com/gustavla/fractalnet.

    f_1 = layer        f_{c+1}(x) = join(f_c(f_c(x)), layer(x))        join = mean of the inputs that aren't dropped
    local:  each input of a join is dropped with probability `drop`; where all are, one is kept at random
    global: one column, drawn evenly, is all that is left of the network

**Differs from the paper**: 1. dense layers, no normalisation, no pooling between blocks, no dropout.
2. joins that follow one another are one, as in the paper's figures.

**Shapes**: b batch, d features, k classes, c columns; masks [blocks, rows, c].
"""

import jax
import jax.numpy as jnp

from toybench.blocks.random import uniforms
from toybench.methods.trainability._deep import (
    Shapes,
    State,
    Trained,
    columns_ending,
    every_path,
    fractal,
    fractal_shapes,
    he,
    one_column,
)
from toybench.tasks.trainability import Examples, Network, cross_entropy


class FractalNet(Trained):
    """Fractal blocks under drop-path, local in one batch and global in another."""

    columns: int = 4  # c; the longest path of a block has 2^(c - 1) layers
    drop: float = 0.15  # probability that a join drops an input; the paper's
    whole: float = 0.5  # probability that a batch is left one column only; the paper's

    paper = "larsson2016fractalnet"

    def shapes(self, width: int) -> Shapes:
        return fractal_shapes(self.spec, self.columns, width)

    def frozen_shapes(self, width: int) -> Shapes:
        return {}

    def start(self, noise: dict[str, jax.Array]) -> tuple[Network, tuple]:
        return Network(**{name: he(part) for name, part in noise.items()}), ()

    def logits(self, params: Network, x: jax.Array) -> jax.Array:
        return fractal(self.spec.activation, params, every_path(self.spec, self.columns), x)

    def local_paths(self, dropped: jax.Array, spare: jax.Array) -> jax.Array:
        """Masks [blocks, rows, c], from uniform numbers of this shape that say what is dropped, and what is spared."""
        rows = range(1, 2 ** (self.columns - 1) + 1)
        ends = jnp.array([[i in columns_ending(self.columns, row) for i in range(self.columns)] for row in rows])
        kept = (dropped >= self.drop) & ends[None]
        last = ends[None] & (spare == jnp.where(ends[None], spare, -1.0).max(-1, keepdims=True))
        return jnp.where(kept.any(-1, keepdims=True), kept, last).astype(jnp.float32)

    def paths(self, key: jax.Array) -> jax.Array:
        """Masks [blocks, rows, c] of one batch."""
        shape = every_path(self.spec, self.columns).shape
        drawn = uniforms(key, dropped=shape, spare=shape, column=(), whole=())
        column = (drawn["column"] * self.columns).astype(jnp.int32)
        alone = one_column(self.spec, self.columns, column)
        return jnp.where(drawn["whole"] < self.whole, alone, self.local_paths(drawn["dropped"], drawn["spare"]))

    def gradient(self, state: State, batch: Examples, key: jax.Array) -> Network:
        active = self.paths(key)

        def loss(params: Network) -> jax.Array:
            return cross_entropy(fractal(self.spec.activation, params, active, batch.x), batch.y)

        return jax.grad(loss)(state.params)

    def predict_column(self, state: State, x: jax.Array) -> jax.Array:
        deepest = one_column(self.spec, self.columns, jnp.array(self.columns - 1))
        return fractal(self.spec.activation, state.params, deepest, x)
