"""What is asked of a pretrained masked model: names at a blank, or states of a document's words; and its fine-tuning.

Shapes: b documents, t words, k topics, w width, v words of the language.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.tasks.prompting import ClozeSpec, Documents, MaskedModel

RATES = (0.0001, 0.0003, 0.0006, 0.001, 0.002, 0.003, 0.006, 0.01, 0.03)

Params = Any


class State(NamedTuple):
    """All weights, and Adam's moments."""

    params: Params
    opt: Any


class FineTuned(Method):
    """All weights are fitted to the labelled documents."""

    lr: float = 0.001  # Adam's learning rate, above 0, decays to 0 by a cosine

    space = {"lr": RATES}

    @abc.abstractmethod
    def fresh(self, key: jax.Array) -> Params:
        """Weights before the first update."""

    @abc.abstractmethod
    def scores(self, params: Params, documents: jax.Array) -> jax.Array:
        """Logits [b, k] of the topics."""

    def init(self, key: jax.Array) -> State:
        params = self.fresh(key)
        return State(params=params, opt=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Documents, key: jax.Array) -> State:
        def loss(params: Params) -> jax.Array:
            chances = jax.nn.log_softmax(self.scores(params, batch.tokens), axis=-1)
            return -jnp.take_along_axis(chances, batch.topics[:, None], axis=-1).mean()

        gradient = jax.grad(loss)(state.params)
        params, opt = optim.descend(optim.adam(self.lr, self.steps), gradient, state.opt, state.params)
        return State(params=params, opt=opt)

    def classify(self, state: State, documents: jax.Array) -> jax.Array:
        return self.scores(state.params, documents)


def model(spec: ClozeSpec, documents: jax.Array) -> MaskedModel:
    """The network that was trained on texts of two words more than the documents have."""
    return MaskedModel(words=spec.words, length=documents.shape[1] + 2)


def filled(spec: ClozeSpec, params: Params, documents: jax.Array) -> jax.Array:
    """Logits [b, k] of the topics' names at the blank of: the document, ABOUT, a blank."""
    prompt = jnp.array([[spec.about, spec.blank]], documents.dtype)
    text = jnp.concatenate([documents, jnp.broadcast_to(prompt, (len(documents), 2))], axis=1)
    _, logits = model(spec, documents).apply(params, text)
    return logits[:, -1, spec.names : spec.names + spec.topics]


def pooled(spec: ClozeSpec, params: Params, documents: jax.Array) -> jax.Array:
    """Means [b, w] over a document's words of their states."""
    states, _ = model(spec, documents).apply(params, documents)
    return states.mean(1)
