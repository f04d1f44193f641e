"""What encodings of nodes share: a reader that is fitted to the known labels, the probe or a small network.

A reader starts s times, each time from random features of its own where an encoding has them; the scores are averaged.
Reading belongs to the answer: there are no steps.
Shapes: s starts, n nodes, h numbers, c classes.
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
STEPS = 150  # of Adam on all known nodes, its rate falling to 0 by a cosine
STARTS = 4  # of the reader, and of random features
LR = 0.03  # where most encodings did best in a pilot; 0.01 in Kipf and Welling, who take 200 steps


class State(NamedTuple):
    """What is read [s, n, h], and where the network starts, with a leading axis s."""

    features: jax.Array
    start: Any


class Network(nn.Module):
    """Two graph convolutions (Kipf and Welling, 2017)."""

    classes: int

    @nn.compact
    def __call__(self, reads: jax.Array, x: jax.Array) -> jax.Array:
        hidden = nn.relu(GraphConv(WIDTH)(reads, x))
        return GraphConv(self.classes)(reads, hidden)


class Encoding(Method):
    """Numbers for nodes, then a reader; a method says which numbers."""

    @abc.abstractmethod
    def encode(self, key: jax.Array) -> jax.Array:
        """Numbers [s, n, h] for the given graph's nodes, without labels; s is 1 where nothing is random."""

    def init(self, key: jax.Array) -> State:
        draw, start = jax.random.split(key)
        features = scaled(self.encode(draw))
        features = jnp.broadcast_to(features, (STARTS, *features.shape[1:]))
        begin = lambda key: blocks.init(Network(self.spec.classes), key, self.given.edges, features[0])  # noqa: E731
        return State(features=features, start=jax.vmap(begin)(jax.random.split(start, STARTS)))

    def node_scores(self, state: State) -> jax.Array:
        read = self.network_scores if self.spec.reader == "gcn" else self.probe_scores
        return jax.vmap(read)(state.features, state.start).mean(0)

    def probe_scores(self, features: jax.Array, start: Any) -> jax.Array:
        """Scores [n, c] of the study's probe on one start's features [n, h]."""
        return probe_scores(features, self.given, self.spec.classes)

    def loss(self, params: Any, features: jax.Array) -> jax.Array:
        """Cross-entropy of the network on known labels, and the weights' squares."""
        scores = Network(self.spec.classes).apply(params, symmetric_normalised(self.given.edges), features)
        missed = -(jax.nn.log_softmax(scores, axis=-1) * targets(self.given, self.spec.classes)).sum()
        squares = sum((leaf**2).sum() for leaf in jax.tree.leaves(params))
        return missed / known(self.given).sum() + DECAY / 2 * squares

    def network_scores(self, features: jax.Array, start: Any) -> jax.Array:
        """Class probabilities [n, c] of a network fitted to one start's features [n, h]."""
        adam = optim.adam(LR, STEPS)

        def step(carry: tuple[Any, Any], _: None) -> tuple[tuple[Any, Any], None]:
            params, moments = carry
            return optim.descend(adam, jax.grad(self.loss)(params, features), moments, params), None

        end, _ = jax.lax.scan(step, (start, adam.init(start)), None, length=STEPS)
        reads = symmetric_normalised(self.given.edges)
        return jax.nn.softmax(Network(self.spec.classes).apply(end[0], reads, features), axis=-1)


def leading_eigenvectors(edges: jax.Array, count: int) -> jax.Array:
    """Eigenvectors [n, count] of D^-1/2 (A + I) D^-1/2 with the largest eigenvalues, of mean square 1 each."""
    _, vectors = jnp.linalg.eigh(symmetric_normalised(edges))
    return vectors[:, ::-1][:, :count] * edges.shape[0] ** 0.5
