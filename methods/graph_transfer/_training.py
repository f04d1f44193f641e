"""What networks of this study share: an encoder, training without labels, training on a few labels.

Shapes: n nodes, d features, h numbers of an embedding, c classes.
"""

import abc
from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.graphs import GraphConv, symmetric_normalised
from toybench.tasks.graph_transfer import Graph, Spec

RATES = (0.003, 0.01, 0.03, 0.1, 0.3)  # of training without labels
FEW_RATES = (0.01, 0.03, 0.1, 0.3)  # of training on a few labels
FEW_STEPS = 60  # of training on a few labels, the whole graph in each


class State(NamedTuple):
    """Parameters, and the optimiser's state."""

    params: Any
    adam: optax.OptState


class Encoder(nn.Module):
    """Two graph convolutions with a relu between them: both layers' outputs [n, h]."""

    width: int

    @nn.compact
    def __call__(self, edges: jax.Array, x: jax.Array) -> tuple[jax.Array, jax.Array]:
        reads = symmetric_normalised(edges)
        hidden = nn.relu(GraphConv(self.width)(reads, x))
        return hidden, GraphConv(self.width)(reads, hidden)


class Pretrained(Method):
    """Networks trained by Adam on one graph without labels a step; a method says which loss."""

    lr: float = 0.01  # learning rate of pre-training, above 0, decays to 0 by a cosine

    @abc.abstractmethod
    def start(self, key: jax.Array, graph: Graph) -> Any:
        """Parameters before the first step, for graphs of this shape."""

    @abc.abstractmethod
    def loss(self, params: Any, graph: Graph, key: jax.Array) -> jax.Array:
        """What is made small on a graph."""

    def fits(self, spec: Spec) -> str | None:
        return None if spec.family else "it is trained on many graphs of one kind"

    def init(self, key: jax.Array) -> State:
        params = self.start(key, pick(self.given, jnp.zeros((), jnp.int32)))
        return State(params=params, adam=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: jax.Array, key: jax.Array) -> State:
        gradient = jax.grad(self.loss)(state.params, pick(self.given, batch), key)
        params, adam = optim.descend(optim.adam(self.lr, self.steps), gradient, state.adam, state.params)
        return State(params=params, adam=adam)


def pick(graphs: Graph, which: jax.Array) -> Graph:
    """One of several graphs."""
    return jax.tree.map(lambda leaf: leaf[which], graphs)


def fit(loss: Callable[[Any], jax.Array], params: Any, lr: Any, decay: Any = 0.0) -> Any:
    """Parameters after a few steps down a loss by Adam, with weight decay, the rate decaying to 0 by a cosine."""
    transform = optim.lenient(optax.adamw(optax.cosine_decay_schedule(lr, FEW_STEPS), weight_decay=decay))

    def step(carry: tuple[Any, Any], _: None) -> tuple[tuple[Any, Any], None]:
        params, memory = carry
        return optim.descend(transform, jax.grad(loss)(params), memory, params), None

    after, _ = jax.lax.scan(step, (params, transform.init(params)), None, length=FEW_STEPS)
    return after[0]


def partners(uniform: jax.Array, allowed: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(a random one of those that are allowed for each node, int32 [n]; whether there is one, [n]).

    `uniform` [n, n] holds random numbers, `allowed` [n, n] 0 or 1.
    """
    chosen = (allowed * (1 + uniform)).argmax(1)
    return chosen, allowed.max(1)


def subgraphs(edges: jax.Array, h: jax.Array) -> jax.Array:
    """Read-outs [n, h] of the subgraphs around all nodes: sums over a node and its neighbours."""
    return h + edges @ h


def unit_rows(h: jax.Array) -> jax.Array:
    """Rows [n, h] of length 1; rows of 0 stay."""
    return h / jnp.sqrt((h**2).sum(1, keepdims=True) + jnp.finfo(h.dtype).tiny)


def link_loss(s: jax.Array, edges: jax.Array, uniform: jax.Array, temperature: float | jax.Array) -> jax.Array:
    """GraphPrompt's loss on read-outs [n, h]: a node resembles a neighbour more than a node that isn't one.

    `uniform` [2, n, n] holds random numbers.
    """
    near, linked = partners(uniform[0], edges)
    far, _ = partners(uniform[1], 1 - edges - jnp.eye(edges.shape[0]))
    unit = unit_rows(s)
    margin = (unit * (unit[near] - unit[far])).sum(1) / temperature
    return (linked * jax.nn.softplus(-margin)).sum() / linked.sum()
