"""Twelve clients of two hidden types, whose classes and features mean different things.

Isolates whom a client should learn from. Each has 40 nodes of four classes, 6 known labels, edges of its own: degree
4 on average, a class linked to itself 7 times as often as to another. Features are the class mean, a unit vector in 16
dimensions, plus standard normal noise. The six clients of a type agree. Between types the names of the classes are
permuted and 4 of the 16 directions are rotated; with `share` above 0.25 another class is the common one, too. So one
model for all contradicts itself, and 6 labels are few: a mixture that is told the types has six times as many.

The oracle knows class means, shares, rates and names: belief propagation for each client.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.graphs import HIDDEN, block_marginals, block_model, block_rates
from toybench.blocks.probes import auc
from toybench.blocks.random import normals
from toybench.tasks.federated_graphs import Clients, Federation, Spec

CERTAIN = 30.0  # log-odds of a known label
OWN = 0.7  # weight of an edge inside a class; 0.1 between two: 0.6 I + 0.4 / 4


class World(NamedTuple):
    """Graphs, and what the oracle knows.

    Attributes:
      clients: with all labels.
      seen: 1 for known nodes [k, n].
      means: class means [k, c, d] in the client's own names and directions.
      types: int32 [k].
    """

    clients: Clients
    seen: jax.Array
    means: jax.Array
    types: jax.Array


class SubgraphClients(Task):
    """Mean accuracy of the clients."""

    types: int = 2  # hidden kinds of clients
    each: int = 6  # clients of a type
    nodes: int = 40  # of a client
    features: int = 16
    classes: int = 4
    signal: float = 1.0  # distance of a class mean from 0
    degree: float = 4.0  # mean number of neighbours
    rotated: int = 4  # directions that differ between types
    known: int = 6  # labels of a client, of random nodes
    share: float = 0.25  # of the nodes that are of the type's common class; the others have equal shares
    local_steps: int = 3  # a round

    interface = Federation
    steps = 60
    metrics = {
        "client_accuracy": Metric("max", "share of a client's hidden nodes told rightly, mean over clients"),
        "type_auc": Metric("max", "chance that a client of the own type has the larger share than one of another"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(
            clients=self.types * self.each,
            nodes=self.nodes,
            features=self.features,
            classes=self.classes,
            local_steps=self.local_steps,
        )

    def frequencies(self) -> jax.Array:
        """Share of each class, in the type's names, [types, c]: class t is the common one of type t."""
        common = jnp.eye(self.types, self.classes) > 0
        return jnp.where(common, self.share, (1 - self.share) / (self.classes - 1))

    def rates(self) -> jax.Array:
        """Edge probabilities [types, c, c]."""
        weights = jnp.full((self.classes, self.classes), (1 - OWN) / (self.classes - 1))
        weights = jnp.where(jnp.eye(self.classes) > 0, OWN, weights)
        return jax.vmap(lambda shares: block_rates(weights, shares, self.degree, self.nodes))(self.frequencies())

    def sample(self, key: jax.Array) -> World:
        """Types, then their clients."""
        clients = self.types * self.each
        keys = jax.random.split(key, 4)
        noise = normals(
            keys[0],
            means=(self.classes, self.features),
            turns=(self.types, self.rotated, self.rotated),
            x=(clients, self.nodes, self.features),
        )
        types = jnp.arange(clients) // self.each
        names = jax.random.uniform(keys[1], (self.types, self.classes)).argsort(1)
        means = noise["means"] / jnp.linalg.norm(noise["means"], axis=1, keepdims=True)
        turns = jnp.linalg.qr(noise["turns"])[0]
        own = jax.vmap(lambda name, turn: self.rotate(means[name], turn))(names, turns)[types]
        ends = jnp.round(jnp.cumsum(self.frequencies(), axis=1) * self.nodes)
        place = jnp.arange(self.nodes, dtype=ends.dtype)
        labels = (place[None, :, None] >= ends[types][:, None, :]).sum(2).astype(jnp.int32)
        x = self.signal * jnp.take_along_axis(own, labels[:, :, None], axis=1) + noise["x"]
        edges = jax.vmap(block_model)(jax.random.split(keys[2], clients), labels, self.rates()[types])
        order = jax.random.uniform(keys[3], labels.shape).argsort(1)
        seen = (order.argsort(1) < self.known).astype(x.dtype)
        graphs = Clients(edges=edges, x=x, y=labels)
        return World(clients=graphs, seen=seen, means=own, types=types)

    def rotate(self, means: jax.Array, turn: jax.Array) -> jax.Array:
        """Means [c, d] with their first directions turned."""
        return jnp.concatenate([means[:, : self.rotated] @ turn, means[:, self.rotated :]], axis=1)

    def given(self, world: World) -> Clients:
        return world.clients._replace(y=jnp.where(world.seen > 0, world.clients.y, HIDDEN))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        right = (learner.node_scores().argmax(-1) == world.clients.y).astype(world.seen.dtype)
        hidden = 1 - world.seen
        accuracy = (right * hidden).sum(1) / hidden.sum(1)
        same = (world.types[:, None] == world.types[None, :]).astype(hidden.dtype)
        others = 1 - jnp.eye(len(world.types))
        told = auc(learner.shares().ravel(), same.ravel(), others.ravel())
        return {"client_accuracy": accuracy.mean(), "type_auc": told}

    def floor(self, world: World) -> Any:
        """The client's most common known class for every node, and equal shares."""
        clients = len(world.types)
        counts = jax.nn.one_hot(self.given(world).y, self.classes).sum(1, keepdims=True)
        scores = jnp.broadcast_to(counts, (clients, self.nodes, self.classes))
        shares = jnp.full((clients, clients), 1 / clients)
        return SimpleNamespace(node_scores=lambda: scores, shares=lambda: shares)

    def oracle(self, world: World) -> Any:
        """Belief propagation for each client, and shares within the type."""
        told = CERTAIN * jax.nn.one_hot(world.clients.y, self.classes) * world.seen[:, :, None]
        apart = world.clients.x[:, :, None, :] - self.signal * world.means[:, None, :, :]
        evidence = told - 0.5 * (apart**2).sum(-1) + jnp.log(self.frequencies())[world.types][:, None, :]
        rates = self.rates()[world.types]
        marginals = lambda: jax.vmap(block_marginals)(world.clients.edges, evidence, rates)  # noqa: E731
        same = (world.types[:, None] == world.types[None, :]).astype(told.dtype)
        return SimpleNamespace(node_scores=marginals, shares=lambda: same / self.each)
