"""What learners of closeness share: graphs made of events, and the regression on the past's closeness.

    loss = mean over nodes of (network(graphs of the past) - standardised closeness in the past)^2

Row receives from column in every graph. Shapes: n nodes, m edges, e events.
"""

import abc
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.nn import init
from toybench.tasks.temporal_graphs import Events, Network, Past, continuation

WIDTH = 16  # of every hidden layer
RATES = (0.003, 0.01, 0.03, 0.1, 0.3)  # of both networks
LAYERS = (1, 2, 3, 4, 5)


class State(NamedTuple):
    """Parameters, the optimiser's state, and the graphs of the past."""

    params: Any
    adam: optax.OptState
    graphs: Any


def uses(events: Events, edges: int) -> jax.Array:
    """How often each edge is used, [m]."""
    return jnp.zeros(edges).at[events.edge].add(events.real)


def first_order(network: Network, events: Events, nodes: int) -> jax.Array:
    """The aggregate over time: how often one node (column) turns to another (row), [n, n]."""
    count = uses(events, network.source.shape[0])
    return jnp.zeros((nodes, nodes)).at[network.target, network.source].add(count)


def second_order(network: Network, events: Events, patience: float) -> jax.Array:
    """How often a use of one edge (column) is gone on with by another (row) in time, [m, m]."""
    chosen = jax.nn.one_hot(events.edge, network.source.shape[0])
    return (chosen.T @ continuation(network, events, patience) @ chosen).T


class NodeRegression(Method):
    """A network that reads graphs, one number a node; full batches, AdamW, a rate that decays by a cosine."""

    lr: float = 0.01  # learning rate
    decay: float = 0.005  # weight decay, decoupled
    layers: int = 2  # that read a graph, 1 or more

    space = {"lr": RATES, "layers": LAYERS}

    @abc.abstractmethod
    def graphs(self, events: Events) -> tuple[jax.Array, ...]:
        """What the network reads of these events."""

    @abc.abstractmethod
    def network(self) -> nn.Module:
        """From graphs to scores [n]."""

    def optimiser(self) -> optax.GradientTransformation:
        rate = optax.cosine_decay_schedule(self.lr, max(self.steps, 1))
        return optim.lenient(optax.adamw(rate, weight_decay=self.decay))

    def init(self, key: jax.Array) -> State:
        past: Past = self.given
        graphs = self.graphs(past.events)
        params = init(self.network(), key, *graphs)
        return State(params=params, adam=self.optimiser().init(params), graphs=graphs)

    def update(self, state: State, batch: Any, key: jax.Array) -> State:
        known = self.given.closeness
        target = (known - known.mean()) / jnp.maximum(known.std(), jnp.finfo(known.dtype).eps)

        def loss(params: Any) -> jax.Array:
            return ((self.network().apply(params, *state.graphs) - target) ** 2).mean()

        params, adam = optim.descend(self.optimiser(), jax.grad(loss)(state.params), state.adam, state.params)
        return state._replace(params=params, adam=adam)

    def centrality(self, state: State, events: Events) -> jax.Array:
        return self.network().apply(state.params, *self.graphs(events))
