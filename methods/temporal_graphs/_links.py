"""What learners of meetings share: histories as sequences, and training against pairs that didn't meet.

    loss = mean of -log sigmoid(score of a pair that met) - log sigmoid(-score of one that didn't), over the batch

Shapes: q queries, k places of a history, d features of a node, b events.
"""

import abc
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.nn import init
from toybench.tasks.temporal_graphs import NOBODY, Queries, Rows

WIDTH = 18  # of every network: 3 channels of 6
RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)
FREQUENCIES = 10.0 ** -np.linspace(0, 3.5, 8)  # of time, per event: from one event to thousands


class State(NamedTuple):
    """Parameters, and the optimiser's state."""

    params: Any
    adam: optax.OptState


class Sequences(NamedTuple):
    """A node and then its history, for both ends of pairs.

    Attributes:
      nodes: int32 [q, 2, 1 + k]; NOBODY for padding.
      features: of those nodes, [q, 2, 1 + k, d]; 0 for padding.
      ages: in events, [q, 2, 1 + k]; 0 for the node itself and for padding.
      times: cosines of their ages, [q, 2, 1 + k, 8]; 0 for padding.
    """

    nodes: jax.Array
    features: jax.Array
    ages: jax.Array
    times: jax.Array


def sequences(features: jax.Array, queries: Queries) -> Sequences:
    """The sequences of queries, given the features of all nodes [n, d]."""
    nodes = jnp.concatenate([queries.nodes[:, :, None], queries.neighbours], axis=2)
    ages = jnp.pad(queries.ages, ((0, 0), (0, 0), (1, 0)))
    real = (nodes != NOBODY).astype(features.dtype)[..., None]
    times = jnp.cos(ages[..., None] * jnp.asarray(FREQUENCIES, features.dtype)[None, None, None, :])
    return Sequences(nodes=nodes, features=real * features[nodes], ages=ages, times=real * times)


class TrainedLinks(Method):
    """A network of a pair's two sequences, trained by Adam with a rate that decays by a cosine."""

    lr: float = 0.003  # learning rate; DyGLib's is 0.0001

    space = {"lr": RATES}

    @abc.abstractmethod
    def network(self) -> nn.Module:
        """From sequences of queries to scores [q]."""

    def init(self, key: jax.Array) -> State:
        one = jax.tree.map(lambda x: x[0], self.given.pairs)
        told: Any = sequences(self.given.features, one)
        params = init(self.network(), key, told)
        return State(params=params, adam=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Rows, key: jax.Array) -> State:
        met = jax.tree.map(lambda x: x[batch.event, 0], self.given.pairs)
        others = jax.tree.map(lambda x: x[batch.event, 1 + batch.other], self.given.pairs)
        both = jax.tree.map(lambda a, b: jnp.concatenate([a, b]), met, others)
        told = sequences(self.given.features, both)
        sign = jnp.repeat(jnp.array([1.0, -1.0]), batch.event.shape[0])

        def loss(params: Any) -> jax.Array:
            return -jax.nn.log_sigmoid(sign * self.network().apply(params, told)).mean()

        params, adam = optim.descend(
            optim.adam(self.lr, self.steps), jax.grad(loss)(state.params), state.adam, state.params
        )
        return State(params=params, adam=adam)

    def link_scores(self, state: State, queries: Queries) -> jax.Array:
        return self.network().apply(state.params, sequences(self.given.features, queries))


class Merge(nn.Module):
    """A score [q] of the embeddings of both ends, [q, 2, d]."""

    @nn.compact
    def __call__(self, ends: jax.Array) -> jax.Array:
        hidden = nn.relu(nn.Dense(WIDTH)(ends.reshape(ends.shape[0], -1)))
        return nn.Dense(1)(hidden)[:, 0]
