"""Counts of the words in the labelled documents of each topic; no pretrained model.

**Source**: the textbook's multinomial naive Bayes with additive smoothing; a control.

    log p(x | k) = sum_t log (n(k, x_t) + a) / (n(k) + a v)

**Differs from the paper**: nothing.

**Shapes**: b documents, t words, k topics, v words of the language.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method


class NaiveBayes(Method):
    """Topics are equally likely."""

    smoothing: float = 0.3  # counts a that each word has beforehand, above 0

    deterministic = True
    space = {"smoothing": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)}

    def classify(self, state: Any, documents: jax.Array) -> jax.Array:
        known = self.given.known
        words = jax.nn.one_hot(known.tokens, self.spec.words).sum(1)
        counts = jax.nn.one_hot(known.topics, self.spec.topics, axis=0) @ words + self.smoothing
        laws = jnp.log(counts / counts.sum(-1, keepdims=True))
        return laws[:, documents].sum(-1).T
