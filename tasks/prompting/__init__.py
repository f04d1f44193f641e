"""Say what a text is about with few labels, given a model of such texts that is trained already.

A learner answers one question, `Classifier`: which topic has a document? It is given a masked model, which says what
stands at blanks, and a few labelled documents.

Words are numbers. Shapes: b documents, n labelled documents, t words, v words of the language, k topics, w width.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench.blocks.attention import Block, Norm


@dataclass(frozen=True)
class ClozeSpec:
    """Words of the language, topics, and labelled documents of each topic; `about` and `blank` are two of the words.

    The name of topic k is word `names` + k.
    """

    words: int
    topics: int
    shots: int
    names: int
    about: int
    blank: int


class Documents(NamedTuple):
    """Documents int32 [n, t], and their topics, int32 [n]."""

    tokens: jax.Array
    topics: jax.Array


class Pretrained(NamedTuple):
    """Weights of a `MaskedModel` that has read much text, and all labelled documents."""

    params: Any
    known: Documents


class MaskedModel(linen.Module):
    """A transformer of one block that says which words stand at the blanks of a text of at most `length` words.

    From texts int32 [b, t]: states [b, t, w], and logits [b, t, v] of the words.
    """

    words: int
    length: int
    width: int = 32
    heads: int = 2

    @linen.compact
    def __call__(self, tokens: jax.Array) -> tuple[jax.Array, jax.Array]:
        count = tokens.shape[-1]
        place = jnp.broadcast_to(jnp.eye(count, self.length), (*tokens.shape, self.length))
        x = jnp.concatenate([jax.nn.one_hot(tokens, self.words), place], axis=-1)
        x = Block(self.heads)(linen.Dense(self.width)(x), jnp.ones((count, count), bool))
        states = Norm()(x)
        return states, linen.Dense(self.words)(states)


class Classifier(Protocol):
    """Topics of documents."""

    def classify(self, state: Any, documents: jax.Array) -> jax.Array:
        """Scores [b, k] of the topics of documents [b, t], the likeliest has the largest."""
