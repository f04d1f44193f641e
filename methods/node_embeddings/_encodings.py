"""What encodings of nodes share: a reader that is fitted to the known labels, the probe or a small network.

An encoding has s random starts, read apart; the scores are averaged. Shapes: s starts, n nodes, h numbers, c classes.
"""

import abc
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn as blocks
from toybench.blocks import optim
from toybench.blocks.graphs import GraphConv, symmetric_normalised
from toybench.tasks.node_embeddings import known, probe_scores, scaled, targets

WIDTH = 16  # of the network's hidden layer, Kipf and Welling's
DECAY = 5e-4  # weight of half the squared weights, Kipf and Welling's
RATES = (0.01, 0.03, 0.1)  # of the network; the probe has none


class State(NamedTuple):
    """The network's parameters, one set a start, its optimiser's state, and what it reads [s, n, h]."""

    params: Any
    moments: Any
    features: jax.Array


class Network(nn.Module):
    """Two graph convolutions (Kipf and Welling, 2017)."""

    classes: int

    @nn.compact
    def __call__(self, reads: jax.Array, x: jax.Array) -> jax.Array:
        hidden = nn.relu(GraphConv(WIDTH)(reads, x))
        return GraphConv(self.classes)(reads, hidden)


class Encoding(Method):
    """Numbers for nodes, then a reader; a method says which numbers."""

    lr: float = 0.01  # of the network that reads, above 0; 0.01 in Kipf and Welling

    @abc.abstractmethod
    def encode(self, key: jax.Array) -> jax.Array:
        """Numbers [s, n, h] for the given graph's nodes, without labels."""

    def init(self, key: jax.Array) -> State:
        draw, start = jax.random.split(key)
        features = scaled(self.encode(draw))
        if self.spec.reader == "ridge":
            return State(params=(), moments=(), features=features)
        single = blocks.init(Network(self.spec.classes), start, self.given.edges, features[0])
        params = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf[None], (features.shape[0], *leaf.shape)), single)
        return State(params=params, moments=optim.adam(self.lr, self.steps).init(params), features=features)

    def logits(self, params: Any, features: jax.Array) -> jax.Array:
        """Of the network, start by start: [s, n, c]."""
        reads = symmetric_normalised(self.given.edges)
        return jax.vmap(lambda p, x: Network(self.spec.classes).apply(p, reads, x))(params, features)

    def loss(self, params: Any, features: jax.Array) -> jax.Array:
        """Cross-entropy on the known labels, and the weights' squares, summed over the starts."""
        logs = jax.nn.log_softmax(self.logits(params, features), axis=-1)
        missed = -(logs * targets(self.given, self.spec.classes)[None]).sum()
        squares = sum((leaf**2).sum() for leaf in jax.tree.leaves(params))
        return missed / known(self.given).sum() + DECAY / 2 * squares

    def update(self, state: State, batch: Any, key: jax.Array) -> State:
        if self.spec.reader == "ridge":
            return state
        gradient = jax.grad(self.loss)(state.params, state.features)
        params, moments = optim.descend(optim.adam(self.lr, self.steps), gradient, state.moments, state.params)
        return State(params=params, moments=moments, features=state.features)

    def node_scores(self, state: State) -> jax.Array:
        if self.spec.reader == "ridge":
            return jax.vmap(lambda x: probe_scores(x, self.given, self.spec.classes))(state.features).mean(0)
        return jax.nn.softmax(self.logits(state.params, state.features), axis=-1).mean(0)


def leading_eigenvectors(edges: jax.Array, count: int) -> jax.Array:
    """Eigenvectors [n, count] of D^-1/2 (A + I) D^-1/2 with the largest eigenvalues, of mean square 1 each."""
    _, vectors = jnp.linalg.eigh(symmetric_normalised(edges))
    return vectors[:, ::-1][:, :count] * edges.shape[0] ** 0.5
