"""Language model by a long short-term memory.

**Source**: Hochreiter and Schmidhuber, "Long Short-Term Memory", Neural Computation 9, 1997, with the forget gate of
Gers et al., 2000 (from memory); the baseline of Ulmer, 2019, https://arxiv.org/abs/2101.00674.

    c <- f c + i g,  h = o tanh(c),  p(next word) = softmax(U h + b)

**Differs from the paper**: 1. one layer of width 24 without dropout, words enter the gates directly, Adam for 400
updates.

**Shapes**: b sentences, t words, w width, v words of the language.
"""

import jax

from toybench.methods.language_toys._lstm import RATES, Memory, Params, Seen, State, TrainedLSTM, plain, read_sentences


class LSTM(TrainedLSTM):
    """Its memory changes by reading alone."""

    space = {"lr": RATES}

    def answer(self, params: Params, seen: Seen, key: jax.Array) -> tuple[jax.Array, Memory]:
        return plain(params, seen)

    def log_prob(self, state: State, tokens: jax.Array) -> jax.Array:
        return read_sentences(state.params, tokens, plain)
