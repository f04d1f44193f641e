"""Learning to answer questions about the tokens before: what does a way of mixing tokens remember, find and forget?

A learner is shown a stream and says at every token which class is the answer there, from that token and those before
it alone. All networks are the same but for the mixer (`toybench.blocks.streams`); tables beside them need no training.

Shapes: b streams, t tokens, n features of a token, c classes.
"""

from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench.blocks.streams import Streams, StreamSpec, cross_entropy, mean_where

SURE = 30.0  # logit of an answer that is known: the others together have a chance below 1e-12


class StreamLearner(Protocol):
    """What a learner of this study answers."""

    def predict(self, state: Any, x: jax.Array) -> jax.Array:
        """Logits [b, t, c] of the classes at every token of x [b, t, n]; causal; t may be longer than in training."""


class Always(NamedTuple):
    """A reference that gives the same logits [c] at every token."""

    logits: jax.Array

    def predict(self, x: jax.Array) -> jax.Array:
        """Those, whatever is asked."""
        return jnp.broadcast_to(self.logits, (*x.shape[:-1], *self.logits.shape))


class Known(NamedTuple):
    """A reference that knows the logits [b, t, c] of the streams that it will be asked about."""

    logits: jax.Array

    def predict(self, x: jax.Array) -> jax.Array:
        """Those, for as many streams as are shown."""
        return self.logits[: len(x)]


def frequencies(streams: Streams, classes: int) -> jax.Array:
    """Logarithms of how often each class is the answer, [c]."""
    asked = jax.nn.one_hot(streams.answer, classes) * streams.scored[..., None].astype(jnp.float32)
    counts = asked.sum((0, 1)) + 1  # one more of each, so that none has chance 0
    return jnp.log(counts / counts.sum())


def sure(answer: jax.Array, classes: int) -> jax.Array:
    """Logits [..., c] of a learner that knows the answers, [...]."""
    return SURE * jax.nn.one_hot(answer, classes)


def judge(learner: Any, streams: Streams) -> tuple[jax.Array, jax.Array]:
    """(nats an asked token [], whether each answer is right, float [b, t])."""
    logits = learner.predict(streams.x)
    nats = mean_where(cross_entropy(logits, streams.answer), streams.scored)
    right = logits.argmax(-1) == streams.answer
    return nats, right.astype(jnp.float32)


def encode(spec: StreamSpec, kind: jax.Array, key: jax.Array, value: jax.Array) -> jax.Array:
    """Tokens [b, t, n] of integers [b, t]: one-hot kinds, keys and values; an index out of range is all zeros."""
    parts = [
        jax.nn.one_hot(index, size) for index, size in ((kind, spec.kinds), (key, spec.keys), (value, spec.values))
    ]
    return jnp.concatenate(parts, axis=-1)


def earlier(tokens: int) -> jax.Array:
    """bool [1, t, t]: the second token is not after the first."""
    return jnp.tril(jnp.ones((tokens, tokens), bool))[None]
