"""LSTM whose memory steps down the slope of its surprise after each word, in training and in test.

**Source**: Ulmer, "Recoding latent sentence representations -- Dynamic gradient-based activation modification in RNNs",
2019 (arXiv 2021), https://arxiv.org/abs/2101.00674, in its abstract and the author's code,
`src/recoding/perplexity.py` and `src/recoding/mechanism.py`.

    E = -log p(word);  (h, c) <- (h, c) - alpha dE/d(h, c)        after the word is predicted, before the next is read

**Differs from the paper**: 1. one layer of width 24 without dropout, words enter the gates directly, Adam for 400
updates instead of two layers of 650 and SGD for eight epochs. 2. E is the surprise; the author's code takes p^(-p) - 1,
which is `recoding_perplexity`. 3. The code's step is 5, here alpha is tuned. 4. The memory is blank before each
sentence; the code's goes on through the text.

**Shapes**: b sentences, t words, w width, v words of the language.
"""

import jax

from toybench.methods.language_toys._lstm import (
    FEW_RATES,
    Memory,
    Params,
    Seen,
    State,
    TrainedLSTM,
    decode,
    read_sentences,
    recoded,
    surprise_slope,
)


class RecodingSurprisal(TrainedLSTM):
    """The output isn't decoded again, so that the word itself is never told."""

    alpha: float = 0.2  # step down the slope, from 0 (an LSTM); the author's code has 5

    paper = "ulmer2021recoding"
    space = {"lr": FEW_RATES, "alpha": (0.05, 0.2, 0.8)}

    def answer(self, params: Params, seen: Seen, key: jax.Array) -> tuple[jax.Array, Memory]:
        return self.corrected(params, seen)

    def corrected(self, params: Params, seen: Seen) -> tuple[jax.Array, Memory]:
        """Logits before the step, memory after it."""
        return decode(params, seen.memory.h), recoded(seen, surprise_slope(params, seen), self.alpha)

    def log_prob(self, state: State, tokens: jax.Array) -> jax.Array:
        return read_sentences(state.params, tokens, self.corrected)
