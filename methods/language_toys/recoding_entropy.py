"""LSTM whose memory steps towards more certain predictions before it states them.

**Source**: Ulmer, "Recoding latent sentence representations -- Dynamic gradient-based activation modification in RNNs",
2019 (arXiv 2021), https://arxiv.org/abs/2101.00674, in its abstract and the author's code,
`src/recoding/mc_dropout.py` and `src/recoding/mechanism.py`.

    E = entropy of mean_k softmax(U (m_k h) + b);  (h, c) <- (h, c) - alpha dE/d(h, c);  p(next word) = softmax(U h + b)

with ten dropout masks m_k. The word that comes isn't used.

**Differs from the paper**: 1. one layer of width 24 without dropout, words enter the gates directly, Adam for 400
updates instead of two layers of 650 and SGD for eight epochs. 2. All words and sentences of a batch share the masks,
and in test they are always the same. 3. Output weights start as the LSTM's, not by the prior of the ensemble. 4. The
code's step is 0.001, here alpha is tuned. 5. The memory is blank before each sentence; the code's goes on through the
text.

**Shapes**: b sentences, t words, w width, v words of the language, k masks.
"""

import jax
import jax.numpy as jnp

from toybench.methods.language_toys._lstm import (
    FEW_RATES,
    WIDTH,
    Memory,
    Params,
    Seen,
    State,
    TrainedLSTM,
    decode,
    read_sentences,
    recoded,
)

MASKS = 10  # predictions whose mean is taken, as in the author's code
DROPPED = 0.21  # share of h that a mask drops, the author's value
TEST_SEED = 0  # of the masks in test


class RecodingEntropy(TrainedLSTM):
    """The output is decoded again."""

    alpha: float = 0.01  # step down the slope, from 0 (an LSTM); the author's code has 0.001

    paper = "ulmer2021recoding"
    space = {"lr": FEW_RATES, "alpha": (0.001, 0.01, 0.1)}

    def answer(self, params: Params, seen: Seen, key: jax.Array) -> tuple[jax.Array, Memory]:
        return self.corrected(params, seen, masks(key))

    def corrected(self, params: Params, seen: Seen, kept: jax.Array) -> tuple[jax.Array, Memory]:
        """Logits and memory after the step, for masks [k, w]."""
        slope = jax.grad(lambda h: doubt(params, h, kept).sum())(seen.memory.h)
        memory = recoded(seen, slope, self.alpha)
        return decode(params, memory.h), memory

    def log_prob(self, state: State, tokens: jax.Array) -> jax.Array:
        kept = masks(jax.random.key(TEST_SEED))
        return read_sentences(state.params, tokens, lambda params, seen: self.corrected(params, seen, kept))


def masks(key: jax.Array) -> jax.Array:
    """Dropout masks [k, w], of mean 1."""
    kept = jax.random.uniform(key, (MASKS, WIDTH)) >= DROPPED
    return jnp.where(kept, 1 / (1 - DROPPED), 0.0)


def doubt(params: Params, h: jax.Array, kept: jax.Array) -> jax.Array:
    """Entropies [b] of the mean prediction over masks [k, w] of hidden states [b, w]."""
    mean = jax.nn.softmax(decode(params, h[None] * kept[:, None]), axis=-1).mean(0)
    return jax.scipy.special.entr(mean).sum(-1)
