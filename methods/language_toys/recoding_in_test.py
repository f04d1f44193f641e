"""An ordinary LSTM, whose memory steps down the slope of its surprise after each word in test only.

**Source**: the ablation of Ulmer, "Recoding latent sentence representations", 2019, https://arxiv.org/abs/2101.00674,
in the author's code `ablation.py`: the mechanism added to a trained baseline.

    E = -log p(word);  (h, c) <- (h, c) - alpha dE/d(h, c)        in test

**Differs from the paper**: 1. one layer of width 24 without dropout, words enter the gates directly, Adam for 400
updates. 2. E is the surprise, as in `recoding_surprisal`. 3. The memory is blank before each sentence; the code's goes
on through the text.

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
    plain,
    read_sentences,
    recoded,
    surprise_slope,
)


class RecodingInTest(TrainedLSTM):
    """Weights never see a changed memory."""

    alpha: float = 0.05  # step down the slope, from 0 (an LSTM)

    space = {"lr": FEW_RATES, "alpha": (0.003, 0.01, 0.05)}

    def answer(self, params: Params, seen: Seen, key: jax.Array) -> tuple[jax.Array, Memory]:
        return plain(params, seen)

    def corrected(self, params: Params, seen: Seen) -> tuple[jax.Array, Memory]:
        """Logits before the step, memory after it."""
        return decode(params, seen.memory.h), recoded(seen, surprise_slope(params, seen), self.alpha)

    def log_prob(self, state: State, tokens: jax.Array) -> jax.Array:
        return read_sentences(state.params, tokens, self.corrected)
