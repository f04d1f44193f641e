"""Counts of three words, backed by counts of two and of one.

**Source**: the textbook's n-gram model with additive back-off (a Dirichlet prior whose mean is the shorter context's
law).

    p3(w | u, v) = (n(u, v, w) + k p2(w | v)) / (n(u, v) + k),  p2 and p1 alike, p0 uniform

**Differs from the paper**: nothing.

**Shapes**: b sentences, t words, v words of the language.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.language_toys import Sentences, begun


class State(NamedTuple):
    """How often a word came after two others, [v + 1, v + 1, v]; before the first word stands the sign, twice."""

    counts: jax.Array


class Trigram(Method):
    """The control without a memory."""

    smoothing: float = 1.0  # weight k of the shorter context's law, in counts, above 0

    deterministic = True
    space = {"smoothing": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)}

    def init(self, key: jax.Array) -> State:
        words = self.spec.words
        return State(counts=jnp.zeros((words + 1, words + 1, words)))

    def update(self, state: State, batch: Sentences, key: jax.Array) -> State:
        u, v, w = contexts(batch.tokens, self.spec.words)
        return State(counts=state.counts.at[u, v, w].add(1.0))

    def log_prob(self, state: State, tokens: jax.Array) -> jax.Array:
        law = jnp.full((1, 1, self.spec.words), 1 / self.spec.words)
        for counted in ((0, 1), (0,), ()):
            counts = state.counts.sum(counted, keepdims=True)
            law = (counts + self.smoothing * law) / (counts.sum(-1, keepdims=True) + self.smoothing)
        u, v, w = contexts(tokens, self.spec.words)
        return jnp.log(law[u, v, w])


def contexts(tokens: jax.Array, words: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    """For each word of sentences [b, t]: the word two before it, the one before it, and itself."""
    before = begun(tokens, words)
    return begun(before, words)[:, :-2], before[:, :-1], tokens
