"""GRUs that read text in one direction, and heads that say tags from frozen features.

Shapes: b sentences, t words, v words of the language, f features, c tags, n labelled sentences.
"""

import abc
from typing import Any, NamedTuple

import flax.linen as linen
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.decode import token_nll
from toybench.tasks.language_toys import Labelled, Sentences, begun

HEAD_STEPS = 300  # of Adam on all labelled sentences
HEAD_RATE = 0.03  # its learning rate, decays to 0 by a cosine

Params = Any


class Reader(linen.Module):
    """A language model whose GRU reads in one direction: states [b, t + 1, w], and logits [b, t, v] of the words."""

    words: int
    width: int
    backward: bool = False

    @linen.compact
    def __call__(self, tokens: jax.Array) -> tuple[jax.Array, jax.Array]:
        seen = jax.nn.one_hot(begun(tokens, self.words), self.words + 1)
        states = linen.RNN(linen.GRUCell(self.width))(seen)
        return states, linen.Dense(self.words)(states[:, :-1])


class Head(linen.Module):
    """Logits [..., c] of tags; with a hidden layer as wide as the features [..., f], as the authors' is."""

    tags: int
    hidden: bool = True

    @linen.compact
    def __call__(self, features: jax.Array) -> jax.Array:
        if self.hidden:
            features = linen.relu(linen.Dense(features.shape[-1])(features))
        return linen.Dense(self.tags)(features)


class State(NamedTuple):
    """Weights of the language models, the head before it is fitted, and Adam's moments."""

    params: Params
    head: Params
    opt: Any


class FrozenFeatures(Method):
    """Language models learn from text; a head is fitted to their frozen features when tags are asked for."""

    lr: float = 0.01  # Adam's learning rate of the language models, above 0, decays to 0 by a cosine
    decay: float = 1.0  # weight decay of the head (AdamW's, times its learning rate), from 0

    @abc.abstractmethod
    def readers(self) -> dict[str, Reader]:
        """Language models by name."""

    def init(self, key: jax.Array) -> State:
        keys = jax.random.split(key)
        blank = jnp.zeros((1, self.spec.length), jnp.int32)
        readers = self.readers()
        each = jax.random.split(keys[0], len(readers))
        params = {name: nn.init(readers[name], k, blank) for name, k in zip(readers, each, strict=True)}
        features = jnp.zeros((1, sum(reader.width for reader in readers.values())))
        return State(
            params=params,
            head=nn.init(Head(self.spec.tags), keys[1], features),
            opt=optim.adam(self.lr, self.steps).init(params),
        )

    def update(self, state: State, batch: Sentences, key: jax.Array) -> State:
        def loss(params: Params) -> jax.Array:
            read = [read_text(reader, params[name], batch.tokens) for name, reader in self.readers().items()]
            return sum((nll for _, nll in read), jnp.zeros(()))

        params, opt = optim.descend(
            optim.adam(self.lr, self.steps), jax.grad(loss)(state.params), state.opt, state.params
        )
        return State(params=params, head=state.head, opt=opt)

    def features(self, params: Params, tokens: jax.Array) -> jax.Array:
        """Of each word of sentences [b, t]: the states of all readers once they have read it, [b, t, f]."""
        read = [read_text(reader, params[name], tokens)[0] for name, reader in self.readers().items()]
        return jnp.concatenate(read, axis=-1)

    def tag(self, state: State, tokens: jax.Array) -> jax.Array:
        known = self.features(state.params, self.given.tokens)
        head = fit_head(Head(self.spec.tags), state.head, known, self.given, self.decay)
        return Head(self.spec.tags).apply(head, self.features(state.params, tokens))


def read_text(reader: Reader, params: Params, tokens: jax.Array) -> tuple[jax.Array, jax.Array]:
    """States [b, t, w] at each word once it is read, in the order of the words, and the mean surprise []."""
    turned = tokens[:, ::-1] if reader.backward else tokens
    states, logits = reader.apply(params, turned)
    after = states[:, 1:]
    return (after[:, ::-1] if reader.backward else after), token_nll(logits, turned).mean()


def fit_head(
    head: Head,
    params: Params,
    features: jax.Array,
    known: Labelled,
    decay: jax.Array | float,
    rate: float = HEAD_RATE,
    steps: int = HEAD_STEPS,
) -> Params:
    """The head's weights after AdamW on features [n, t, f] of the labelled sentences."""
    descent = optim.lenient(optax.adamw(optax.cosine_decay_schedule(rate, steps), weight_decay=decay))

    def step(carried: tuple[Params, Any], _: None) -> tuple[tuple[Params, Any], None]:
        weights, moments = carried
        gradient = jax.grad(lambda w: token_nll(head.apply(w, features), known.tags).mean())(weights)
        return optim.descend(descent, gradient, moments, weights), None

    return jax.lax.scan(step, (params, descent.init(params)), None, length=steps)[0][0]
