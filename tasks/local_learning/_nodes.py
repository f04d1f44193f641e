"""Classify the nodes of one graph of which some labels are known, and the graph network that learners share.

Shapes: n nodes, d features, c classes, h hidden units.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.local_learning._mixture import Layer, squash

HIDDEN = -1  # the label that a learner sees where it isn't to know it


class NodeClassifier(Protocol):
    """What a learner on a graph answers."""

    def node_scores(self, state: Any) -> jax.Array:
        """Scores of the classes for every node of the graph, higher is better: [n, c]."""


@dataclass(frozen=True)
class GraphSpec:
    """What a method may know: sizes, and the network that learners share.

    Attributes:
      conv: `gcn`: the normalised sum over a node and its neighbours; `sage`: its own features next to their mean.
      activation: `tanh` or `relu`, where the method leaves it free.
    """

    features: int
    classes: int
    hidden: tuple[int, ...]
    conv: str
    activation: str


class Graph(NamedTuple):
    """What is public: edges [n, n] (1: row receives from column), features [n, d], labels int32 [n], some HIDDEN."""

    edges: jax.Array
    x: jax.Array
    y: jax.Array


class NodesWorld(NamedTuple):
    """The public graph and all labels, int32 [n]."""

    graph: Graph
    labels: jax.Array


def propagation(conv: str, edges: jax.Array) -> jax.Array:
    """Weights [n, n] with which a node (row) reads others (columns), from edges [n, n].

    gcn: (d_i d_j)^-1/2 over neighbours and the node itself, d their number; sage: the neighbours' mean.
    """
    if conv == "gcn":
        edges = edges + jnp.eye(len(edges))
        scale = edges.sum(1) ** -0.5
        return edges * scale[:, None] * scale[None, :]
    return edges / jnp.maximum(1.0, edges.sum(1, keepdims=True))


def gathered(conv: str, reads: jax.Array, h: jax.Array) -> jax.Array:
    """What a layer's weights see of features h [n, m]: [n, m] for gcn, [n, 2 m] for sage."""
    return reads @ h if conv == "gcn" else jnp.concatenate([h, reads @ h], axis=1)


def convolve(
    spec: GraphSpec, weights: tuple[Layer, ...], reads: jax.Array, x: jax.Array
) -> tuple[list[jax.Array], list[jax.Array]]:
    """([what each layer's weights see], [h_1, ..., h_L]) of the hidden graph layers."""
    seen, hs = [], [x]
    for layer in weights:
        seen.append(gathered(spec.conv, reads, hs[-1]))
        hs.append(squash(spec.activation, seen[-1] @ layer.w + layer.b[None, :]))
    return seen, hs[1:]


class Nodes(Task):
    """Base of the tasks on graphs: four communities of equal size; a subclass says what features and labels are.

    A subclass gives `features_and_labels` and its class constants. The whole graph is public but for the hidden labels,
    so nothing is drawn: every update sees the same graph.
    """

    within: float = 0.08  # probability of an edge inside a community
    between: float = 0.02  # probability of an edge between two
    labelled: float = 0.17  # share of nodes whose label is known, the same in every community

    nodes: int = 240
    features: int = 16
    depth: int = 3  # hidden graph layers
    width: int = 32  # units of each
    conv: str = "gcn"  # gcn or sage
    activation: str = "relu"  # of hidden units, where the method leaves it free: tanh or relu

    interface = NodeClassifier
    steps = 300
    checkpoints = 3
    classes: ClassVar[int] = 4
    metrics = {
        "test_accuracy": Metric("max", "share of nodes with a hidden label that get the right one; chance 0.25"),
        "train_accuracy": Metric("info", "share of labelled nodes that get the right one"),
    }

    @property
    def spec(self) -> GraphSpec:
        return GraphSpec(self.features, self.classes, (self.width,) * self.depth, self.conv, self.activation)

    def features_and_labels(self, noise: jax.Array, community: jax.Array) -> tuple[jax.Array, jax.Array]:
        """(x [n, d], labels int32 [n]) from normal noise [n + c + 1, d + 1] and communities int32 [n]."""
        raise TypeError(f"{self.name} has no features; give it a method `features_and_labels`.")

    def sample(self, key: jax.Array) -> NodesWorld:
        a, b = jax.random.split(key)
        n, c = self.nodes, self.classes
        community = jnp.arange(n) % c
        x, labels = self.features_and_labels(jax.random.normal(a, (n + c + 1, self.features + 1)), community)
        uniform = jax.random.uniform(b, (n + 1, n))
        chance = jnp.where(community[:, None] == community[None, :], self.within, self.between)
        upper = jnp.triu((uniform[:n] < chance).astype(x.dtype), 1)
        rank = jnp.argsort(jnp.argsort(uniform[n].reshape(-1, c), axis=0), axis=0).reshape(n)  # in its community
        known = 1.0 + rank.astype(x.dtype) <= self.labelled * n / c
        return NodesWorld(Graph(edges=upper + upper.T, x=x, y=jnp.where(known, labels, HIDDEN)), labels=labels)

    def given(self, world: NodesWorld) -> Graph:
        """The graph, with the labels that are known."""
        return world.graph

    def evaluate(self, world: NodesWorld, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        right = (learner.node_scores().argmax(1) == world.labels).astype(jnp.float32)
        known = (world.graph.y != HIDDEN).astype(jnp.float32)
        return {
            "test_accuracy": (right * (1 - known)).sum() / (1 - known).sum(),
            "train_accuracy": (right * known).sum() / known.sum(),
        }

    def floor(self, world: NodesWorld) -> Any:
        """The class that is most common among the known labels."""
        common = jax.nn.one_hot(world.graph.y, self.classes).sum(0)
        return SimpleNamespace(node_scores=lambda: jnp.tile(common[None, :], (self.nodes, 1)))


def unit(v: jax.Array) -> jax.Array:
    """Rows [..., d] of length 1."""
    return v / jnp.linalg.norm(v, axis=-1, keepdims=True)
