"""A gated recurrent unit that reads the tokens from left to right.

**Source**: Cho, van Merrienboer, Gulcehre, Bahdanau, Bougares, Schwenk and Bengio, "Learning Phrase Representations
using RNN Encoder-Decoder for Statistical Machine Translation", 2014, https://arxiv.org/abs/1406.1078 (from memory); the
sequence encoder that the recursive cells are compared with.

    h <- GRU(x_t, h);   scores = MLP(h after the last token)

**Differs from the paper**: 1. one layer of width 32. 2. the value is read from the last state.

**Shapes**: b expressions, t tokens, d width.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.nn import MLP
from toybench.blocks.recurrent import GRU as Recurrent
from toybench.methods.tree_composition import _cell as cell
from toybench.tasks.tree_composition import Expressions

READER = 32  # width of its state; twice an item's of the recursive cells


class Reader(nn.Module):
    """Scores [b, t, v] after each token [b, t]."""

    symbols: int
    answers: int

    @nn.compact
    def __call__(self, tokens: jax.Array) -> jax.Array:
        h = Recurrent(READER)(nn.Embed(self.symbols, READER)(tokens))
        return MLP(widths=(READER, self.answers))(h)


class Gru(Method):
    """Without a tree."""

    lr: float = 0.01  # of Adam at the start

    space = {"lr": cell.RATES}

    @property
    def reader(self) -> Reader:
        return Reader(symbols=self.spec.symbols, answers=self.spec.values)

    def init(self, key: jax.Array) -> cell.State:
        return cell.begin(self.reader, key, self.lr, self.steps)

    def logits(self, params: Any, asked: Expressions) -> jax.Array:
        every = self.reader.apply(params, asked.tokens)
        return jnp.take_along_axis(every, asked.lengths[:, None, None] - 1, axis=1)[:, 0]

    def update(self, state: cell.State, batch: Expressions, key: jax.Array) -> cell.State:
        return cell.fit(lambda params: self.logits(params, batch), state, batch.value, self.lr, self.steps)

    def values(self, state: cell.State, asked: Expressions) -> jax.Array:
        return self.logits(state.params, asked)
