"""LSTM whose memory steps down the slope of p^(-p) - 1 after each word, in training and in test.

**Source**: Ulmer, "Recoding latent sentence representations -- Dynamic gradient-based activation modification in RNNs",
2019 (arXiv 2021), https://arxiv.org/abs/2101.00674, in its abstract and the author's code,
`src/recoding/perplexity.py` and `src/recoding/mechanism.py`.

    E = p(word)^(-p(word)) - 1;  (h, c) <- (h, c) - alpha dE/d(h, c)

The slope of E in p changes its sign at p = 1/e: what was surprising is made less likely still.

**Differs from the paper**: 1. one layer of width 24 without dropout, words enter the gates directly, Adam for 400
updates instead of two layers of 650 and SGD for eight epochs. 2. The code's step is 5, here alpha is tuned. 3. The
memory is blank before each sentence; the code's goes on through the text.

**Shapes**: b sentences, t words, w width, v words of the language.
"""

import jax
import jax.numpy as jnp

from toybench.methods.language_toys._lstm import (
    FEW_RATES,
    Memory,
    Params,
    Seen,
    State,
    TrainedLSTM,
    decode,
    log_chance,
    read_sentences,
    recoded,
)


class RecodingPerplexity(TrainedLSTM):
    """As it was released."""

    alpha: float = 0.8  # step down the slope, from 0 (an LSTM); the author's code has 5

    paper = "ulmer2021recoding"
    space = {"lr": FEW_RATES, "alpha": (0.2, 0.8, 3.0)}

    def answer(self, params: Params, seen: Seen, key: jax.Array) -> tuple[jax.Array, Memory]:
        return self.corrected(params, seen)

    def corrected(self, params: Params, seen: Seen) -> tuple[jax.Array, Memory]:
        """Logits before the step, memory after it."""
        slope = jax.grad(lambda h: released_error(log_chance(decode(params, h), seen.word)).sum())(seen.memory.h)
        return decode(params, seen.memory.h), recoded(seen, slope, self.alpha)

    def log_prob(self, state: State, tokens: jax.Array) -> jax.Array:
        return read_sentences(state.params, tokens, self.corrected)


def released_error(log_p: jax.Array) -> jax.Array:
    """p^(-p) - 1 of logarithms of probabilities [...]."""
    return jnp.expm1(-jnp.exp(log_p) * log_p)
