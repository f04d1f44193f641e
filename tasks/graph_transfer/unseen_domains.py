"""Classify the nodes of graphs with other features, other classes and other wiring than the one training graph.

Nodes link to their own class, to a partner class, or to anyone; sizes, numbers of features and classes differ. Nothing
learned in the coordinates of the training graph's features or classes means anything on the new ones.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.graphs import HIDDEN, block_marginals, block_model, block_rates, known_nodes
from toybench.blocks.random import normals, uniforms
from toybench.tasks.graph_transfer import Graph, NodeScorer, Spec

KINDS = 3  # of wiring: own class, partner class, anyone
OWN = 0.6  # share of edges into the own class on purpose, first kind
PARTNER = 0.8  # share of edges into the partner class on purpose, second kind
FEWEST_NODES = 80  # of a graph
FEWEST_FEATURES = 5
FEWEST_CLASSES = 2
FEWEST_LABELS = 5  # a class
MOST_LABELS = 12  # a class
CERTAIN = 30.0  # log-odds of a known label, and against a class that isn't there
ROUNDS = 10  # of belief propagation
ABSENT = -1e9  # score of a class that isn't there


class Law(NamedTuple):
    """What only references may know: log-likelihood of classes given raw features [n, c], edge probabilities [c, c]."""

    evidence: jax.Array
    rates: jax.Array


class World(NamedTuple):
    """The training graph with half of its labels, test graphs [t, ...] with few, all of theirs [t, n], their law.

    Labels of padding are HIDDEN.
    """

    train: Graph
    test: Graph
    labels: jax.Array
    law: Law


class UnseenDomains(Task):
    """One graph to learn on, twelve others to answer about; smaller graphs are padded with nodes without edges."""

    nodes: int = 120  # of a graph, at most
    features: int = 40  # coordinates of a node's features, at most; others are 0
    classes: int = 5  # at most
    signal: float = 2.0  # length of a class mean, in standard deviations of the noise
    degree: float = 8.0  # mean number of neighbours
    tests: int = 12  # new graphs, a third of each kind of wiring
    width: int = 16  # of networks trained on a new graph

    interface = NodeScorer
    steps = 300
    checkpoints = 1
    metrics = {
        "accuracy": Metric("max", "share of hidden labels that are right, mean over the new graphs"),
        "accuracy_own": Metric("max", "the same, where nodes link to their own class"),
        "accuracy_partner": Metric("max", "the same, where nodes link to a partner class"),
        "accuracy_anyone": Metric("max", "the same, where edges tell nothing"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(nodes=self.nodes, features=self.features, classes=self.classes, width=self.width, family=False)

    def sample(self, key: jax.Array) -> World:
        for_sizes, for_features, for_edges, for_labels = jax.random.split(key, 4)
        count = self.tests + 1  # the last one is to train on
        uniform = uniforms(for_sizes, sizes=(count, 4), kind=())
        noise = normals(for_features, means=(count, self.classes, self.features), x=(count, self.nodes, self.features))
        kind = jnp.floor(KINDS * uniform["kind"]).astype(jnp.int32)
        kinds = (jnp.arange(count, dtype=jnp.int32) % KINDS).at[-1].set(kind)
        edge_keys = jax.random.split(for_edges, count)
        graphs, law, sizes = jax.vmap(self.draw_graph)(edge_keys, kinds, uniform["sizes"], noise["means"], noise["x"])
        each: Any = (
            between(FEWEST_LABELS, MOST_LABELS, uniform["sizes"][:, 3]).at[-1].set(sizes[-1] / 2).astype(jnp.int32)
        )
        known = jax.vmap(known_nodes)(jax.random.split(for_labels, count), graphs.y, each)
        seen = graphs._replace(y=jnp.where(known > 0, graphs.y, HIDDEN))
        return World(
            train=jax.tree.map(lambda leaf: leaf[-1], seen),
            test=jax.tree.map(lambda leaf: leaf[:-1], seen),
            labels=graphs.y[:-1],
            law=jax.tree.map(lambda leaf: leaf[:-1], law),
        )

    def draw_graph(
        self, key: jax.Array, kind: jax.Array, uniform: jax.Array, means: jax.Array, noise: jax.Array
    ) -> tuple[Graph, Law, jax.Array]:
        """(a graph with all its labels, its law, nodes a class) of sizes by `uniform` [4], from normal numbers."""
        nodes: Any = between(FEWEST_NODES, self.nodes, uniform[0])
        features = between(FEWEST_FEATURES, self.features, uniform[1])
        classes = between(FEWEST_CLASSES, self.classes, uniform[2])
        there = jnp.arange(self.nodes, dtype=noise.dtype) < nodes
        real = there.astype(noise.dtype)
        coordinate = (jnp.arange(self.features, dtype=noise.dtype) < features).astype(noise.dtype)
        present = (jnp.arange(self.classes, dtype=noise.dtype) < classes).astype(noise.dtype)
        labels = jnp.arange(self.nodes, dtype=jnp.int32) % classes.astype(jnp.int32)
        centres = means * coordinate[None, :]
        centres = self.signal * centres / jnp.linalg.norm(centres, axis=1, keepdims=True)
        raw = (centres[labels] + noise) * coordinate[None, :] * real[:, None]
        squares = ((raw[:, None, :] - centres[None]) ** 2).sum(-1)
        weights = wiring(kind, self.classes, classes) * present[:, None] * present[None, :]
        rates = block_rates(weights, present / classes, self.degree, nodes)
        edges = block_model(key, labels, rates) * real[:, None] * real[None, :]
        lengths = jnp.linalg.norm(raw, axis=1, keepdims=True)
        graph = Graph(edges=edges, x=raw / jnp.where(lengths > 0, lengths, 1.0), y=jnp.where(there, labels, HIDDEN))
        law = Law(evidence=-0.5 * squares - CERTAIN * (1 - present)[None, :], rates=rates)
        return graph, law, nodes / classes

    def given(self, world: World) -> Graph:
        """The training graph."""
        return world.train

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        def accuracy(graph: Graph, labels: jax.Array) -> jax.Array:
            present = jax.nn.one_hot(graph.y, self.classes).sum(0) > 0
            answer = jnp.where(present[None, :], learner.node_scores(graph), ABSENT).argmax(1)
            asked = ((labels != HIDDEN) & (graph.y == HIDDEN)).astype(graph.x.dtype)
            return (asked * (answer == labels).astype(asked.dtype)).sum() / asked.sum()

        each = jax.vmap(accuracy)(world.test, world.labels)
        return {
            "accuracy": each.mean(),
            "accuracy_own": each[0::KINDS].mean(),
            "accuracy_partner": each[1::KINDS].mean(),
            "accuracy_anyone": each[2::KINDS].mean(),
        }

    def floor(self, world: World) -> Any:
        """One class for all nodes."""
        return SimpleNamespace(node_scores=lambda graph: jnp.zeros((self.nodes, self.classes)))

    def oracle(self, world: World) -> Any:
        """Belief propagation with the true law; the graph is found by its features."""

        def node_scores(graph: Graph) -> jax.Array:
            which = jnp.abs(world.test.x[:, 0] - graph.x[None, 0]).sum(1).argmin()
            evidence = world.law.evidence[which] + CERTAIN * jax.nn.one_hot(graph.y, self.classes)
            return block_marginals(graph.edges, evidence, world.law.rates[which], rounds=ROUNDS)

        return SimpleNamespace(node_scores=node_scores)


def between(low: int, high: int, uniform: jax.Array) -> jax.Array:
    """Whole numbers from `low` to `high`, both included, as floats of the shape of `uniform`."""
    return low + jnp.floor((high + 1 - low) * uniform)


def wiring(kind: jax.Array, most: int, classes: jax.Array) -> jax.Array:
    """Weights [c, c] of edges between classes: own class, partner (an odd last class is its own), anyone."""
    index = jnp.arange(most, dtype=jnp.int32)
    partner = index ^ 1
    partner = jnp.where(partner < classes.astype(jnp.int32), partner, index)
    own = OWN * jnp.eye(most) + (1 - OWN) / classes
    mate = PARTNER * jax.nn.one_hot(partner, most) + (1 - PARTNER) / classes
    return jnp.stack([own, mate, jnp.ones((most, most)) / classes])[kind]
