"""Logistic regression on the words around each word, from the labelled sentences alone.

**Source**: the textbook's window classifier; a control.

    tag = softmax(sum over i from -2 to 2 of W_i onehot(x_(t + i)) + b)

**Differs from the paper**: nothing.

**Shapes**: b sentences, t words, v words of the language, c tags, n labelled sentences.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn
from toybench.methods.language_toys._features import Head, fit_head

REACH = 2  # words on either side
STEPS = 300  # of AdamW, enough to converge
RATE = 0.05  # its learning rate, decays to 0 by a cosine


class WindowLogistic(Method):
    """Knows nothing of text without tags."""

    decay: float = 0.1  # weight decay (AdamW's, times its learning rate), from 0

    space = {"decay": (0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)}

    def init(self, key: jax.Array) -> Any:
        return nn.init(Head(self.spec.tags, hidden=False), key, jnp.zeros((1, (2 * REACH + 1) * (self.spec.words + 1))))

    def tag(self, state: Any, tokens: jax.Array) -> jax.Array:
        head = Head(self.spec.tags, hidden=False)
        known = window(self.given.tokens, self.spec.words)
        fitted = fit_head(head, state, known, self.given, self.decay, rate=RATE, steps=STEPS)
        return head.apply(fitted, window(tokens, self.spec.words))


def window(tokens: jax.Array, words: int) -> jax.Array:
    """Words at and around each place of sentences [b, t], a sign where there is none: [b, t, 5 (v + 1)]."""
    padded = jnp.pad(tokens, ((0, 0), (REACH, REACH)), constant_values=words)
    length = tokens.shape[1]
    around = [padded[:, i : i + length] for i in range(2 * REACH + 1)]
    return jnp.concatenate([jax.nn.one_hot(each, words + 1) for each in around], axis=-1)
