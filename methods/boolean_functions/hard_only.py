"""Trains a network with one learnt query on sums modulo three from the start.

**Source**: the baseline of Odonnat, Bouaziz and Cabannes, "Easing Optimization Paths: a Circuit Perspective", 2025,
https://arxiv.org/abs/2501.02362 (authors' code, github.com/facebookresearch/pal: softmax_model.py).

    a = softmax(q . e_t / sqrt(w)),    v = V sum_t a_t e_t,    scores = E (v + W_2 gelu(W_1 norm(v)))
    e_t = norm(E_symbol + P_t)

**Differs from the paper**: 1. 4 of 10 positions instead of 5 of 12. 2. 1,500 batches of 64 instead of 64,000 of 32.
3. decoupled weight decay, tuned: its knob where the curriculum has one.

**Shapes**: n strings, t positions, w width.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.boolean_functions import _sums as sums


class HardOnly(Method):
    """Never sees an easy string."""

    lr: float = 0.003  # Adam's rate, the authors'
    decay: float = 0.0  # share of a weight lost in a step, over the rate

    space = {"lr": (0.002, 0.005, 0.012), "decay": (0.0, 0.1, 1.0, 10.0)}

    def init(self, key: jax.Array) -> sums.SumState:
        return sums.start(key, self.spec)

    def update(self, state: sums.SumState, batch: tuple, key: jax.Array) -> sums.SumState:
        rows = sums.batch_rows(key, len(self.given.tokens))
        kept = 1 - self.lr * self.decay
        decayed = state._replace(params=jax.tree.map(lambda p: kept * p, state.params))
        never = jnp.zeros((), bool)
        return sums.train_on(decayed, self.given.tokens[rows], self.given.labels[rows], self.lr, never)

    def scores(self, state: sums.SumState, tokens: jax.Array) -> jax.Array:
        return sums.scores(state.params, tokens)

    def attention(self, state: sums.SumState, tokens: jax.Array) -> jax.Array:
        return sums.attend(state.params, tokens)[0]
