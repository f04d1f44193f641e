"""Small languages whose laws are known: say what comes next, and what a word is.

A learner answers one of two questions. `LanguageModel`: how likely is each word, given those before it? `Tagger`:
which tag has each word of a sentence, from text without tags and few sentences with them?

Words are numbers. Sentences of a language have one length; before the first word stands a sign of its own, whose
number is the number of words.
Shapes: b sentences, t words, v words of the language, c tags, n labelled sentences.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp


@dataclass(frozen=True)
class TextSpec:
    """Words of the language, and of a sentence."""

    words: int
    length: int


@dataclass(frozen=True)
class TagSpec:
    """Words of the language and of a sentence, tags (0 is none), and sentences that have them."""

    words: int
    length: int
    tags: int
    labelled: int


class Sentences(NamedTuple):
    """Text without tags, int32 [b, t]."""

    tokens: jax.Array


class Labelled(NamedTuple):
    """Sentences int32 [n, t], and a tag of each word, int32 [n, t]."""

    tokens: jax.Array
    tags: jax.Array


class LanguageModel(Protocol):
    """Words of a sentence, one after the other."""

    def log_prob(self, state: Any, tokens: jax.Array) -> jax.Array:
        """Logarithms [b, t] of the probability of each word of sentences [b, t], given those before it."""


class Tagger(Protocol):
    """Tags of the words of a whole sentence."""

    def tag(self, state: Any, tokens: jax.Array) -> jax.Array:
        """Scores [b, t, c] of the tags, the likeliest has the largest, for sentences [b, t]."""


def begun(tokens: jax.Array, words: int) -> jax.Array:
    """Sentences [b, t + 1] with the sign before the first word."""
    sign = jnp.full((*tokens.shape[:-1], 1), words, tokens.dtype)
    return jnp.concatenate([sign, tokens], axis=-1)
