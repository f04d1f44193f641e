"""Streams of tokens that ask questions, and the network that is the same around every mixer.

A token is one vector of three parts: what kind it is, a key, and a value where one is told. A method of a study of
streams gives a mixer, a flax.linen module; the base puts it into a network and trains that.

Shapes: b streams, t tokens, n features of a token, c classes.
"""

import abc
from dataclasses import dataclass
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from toybench.blocks import optim
from toybench.blocks.mixers import Stack
from toybench.blocks.nn import init
from toybench.protocol import Method

CLIP = 1.0  # largest norm of a gradient
WIDTH = 32  # of a token inside the network
HEADS = 2  # of the mixers that have heads
LAYERS = 1  # blocks of mixer and MLP: the tasks need no more
RATES = (0.001, 0.0025, 0.006, 0.015, 0.04, 0.1)  # learning rates that tuning tries, a factor of 2.5 apart
MIDDLE_RATES = RATES[2:5]  # the same where another knob is tuned beside


@dataclass(frozen=True)
class StreamSpec:
    """How the features of a token are laid out, [kinds | keys | values], the classes, and the tokens in training."""

    kinds: int
    keys: int
    values: int
    classes: int
    length: int

    @property
    def features(self) -> int:
        """Numbers in a token."""
        return self.kinds + self.keys + self.values


class Streams(NamedTuple):
    """Tokens x [b, t, n], the right class at each of them, int32 [b, t], and where it is asked, bool [b, t]."""

    x: jax.Array
    answer: jax.Array
    scored: jax.Array


class State(NamedTuple):
    """Parameters of the network, and those of its optimiser."""

    params: Any
    moments: Any


class Mixing(Method):
    """A network of one block around a mixer, trained by Adam with a cosine to 0 on the tokens that are asked."""

    lr: float = 0.01  # peak learning rate, above 0

    @abc.abstractmethod
    def mixer(self) -> nn.Module:
        """A causal module, [b, t, WIDTH] to [b, t, WIDTH]. What it sows into `losses` is added to the loss."""

    @property
    def net(self) -> Stack:
        """The network."""
        return Stack(mixer=self.mixer, width=WIDTH, layers=LAYERS, out=self.spec.classes)

    @property
    def adam(self) -> optax.GradientTransformation:
        """The optimiser."""
        return optim.lenient(optax.chain(optax.clip_by_global_norm(CLIP), optim.adam(self.lr, self.steps)))

    def init(self, key: jax.Array) -> State:
        params = init(self.net, key, jnp.zeros((1, self.spec.length, self.spec.features)))
        return State(params=params, moments=self.adam.init(params))

    def update(self, state: State, batch: Streams, key: jax.Array) -> State:
        gradient = jax.grad(self.loss)(state.params, batch)
        params, moments = optim.descend(self.adam, gradient, state.moments, state.params)
        return State(params=params, moments=moments)

    def loss(self, params: Any, batch: Streams) -> jax.Array:
        """Cross-entropy an asked token, and what the mixer adds, []."""
        logits, sown = self.net.apply(params, batch.x, mutable=["losses"])
        extra = sum(jax.tree.leaves(sown), jnp.zeros(()))
        return mean_where(cross_entropy(logits, batch.answer), batch.scored) + extra

    def predict(self, state: State, x: jax.Array) -> jax.Array:
        return self.net.apply(state.params, x)


def cross_entropy(logits: jax.Array, answer: jax.Array) -> jax.Array:
    """Nats of each answer, [b, t], for logits [b, t, c]."""
    return optax.softmax_cross_entropy_with_integer_labels(logits, answer)


def mean_where(values: jax.Array, where: jax.Array) -> jax.Array:
    """Mean of values [b, t] at some of the tokens, bool [b, t]; 0 where there are none."""
    weights = where.astype(values.dtype)
    return (values * weights).sum() / jnp.maximum(weights.sum(), 1.0)
