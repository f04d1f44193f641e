"""Trains on sums modulo two first, then goes on with the same weights on sums modulo three.

**Source**: Odonnat, Bouaziz and Cabannes, "Easing Optimization Paths: a Circuit Perspective", 2025,
https://arxiv.org/abs/2501.02362 (authors' code, github.com/facebookresearch/pal: visualization/finetune.py).

    updates 1 to share T:  strings of 0 and 1, sum modulo 2;    then: strings of 0, 1 and 2, sum modulo 3

**Differs from the paper**: 1. 4 of 10 positions instead of 5 of 12. 2. 1,500 batches of 64 in all instead of 64,000 of
32 in each part. 3. `support=other` is a control of ours: the easy sums are over four other positions.

**Shapes**: n strings, t positions.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.errors import UsageError
from toybench.methods.boolean_functions import _sums as sums

SUPPORTS = ("same", "other")


class EasyFirst(Method):
    """All weights go over; Adam's moments start anew, as the authors' do."""

    lr: float = 0.003  # Adam's rate, the authors'
    share: float = 0.5  # of the steps, on easy strings
    support: str = "same"  # same or other positions in the easy sums

    paper = "odonnat2025easing"
    space = {"lr": (0.002, 0.005, 0.012), "share": (0.25, 0.5, 0.75, 0.9)}

    def init(self, key: jax.Array) -> sums.SumState:
        if self.support not in SUPPORTS:
            raise UsageError(f"support is {self.support!r}; use one of {', '.join(SUPPORTS)}.")
        return sums.start(key, self.spec)

    def update(self, state: sums.SumState, batch: tuple, key: jax.Array) -> sums.SumState:
        rows = sums.batch_rows(key, len(self.given.tokens))
        easy_labels = self.given.easy_labels if self.support == "same" else self.given.other_labels
        last = jnp.floor(self.share * self.steps)
        easy = state.step < last
        tokens = jnp.where(easy, self.given.easy[rows], self.given.tokens[rows])
        labels = jnp.where(easy, easy_labels[rows], self.given.labels[rows])
        return sums.train_on(state, tokens, labels, self.lr, state.step == last)

    def scores(self, state: sums.SumState, tokens: jax.Array) -> jax.Array:
        return sums.scores(state.params, tokens)

    def attention(self, state: sums.SumState, tokens: jax.Array) -> jax.Array:
        return sums.attend(state.params, tokens)[0]
