"""What the tasks of the study share: features and labels of a world, and what scores are worth.

Shapes: n nodes, d features, c classes.
"""

import abc
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Task
from toybench.blocks import graphs
from toybench.blocks.graphs import HIDDEN
from toybench.blocks.random import normals
from toybench.tasks.node_classification import Graph, NodeClassifier, NodeSpec

SURE = 20.0  # log-odds by which a known label is believed: e^-20 doesn't matter in float32


class World(NamedTuple):
    """A graph and what is hidden of it.

    Attributes:
      graph: what is public.
      labels: of all nodes, int32 [n].
      evidence: log-likelihood of every class by the node's features and its known label, [n, c].
      right: the edges that are of the block model, float [n, n].
      rates: probability of such an edge, row class reads column class, [c, c].
    """

    graph: Graph
    labels: jax.Array
    evidence: jax.Array
    right: jax.Array
    rates: jax.Array


class Nodes(Task):
    """Base of the tasks: classes of equal size, features around a mean a class; a subclass draws the edges."""

    signal: float = 1.2  # length of the classes' means, in standard deviations of a feature
    per_class: int = 10  # labelled nodes of every class
    nodes: int = 160  # of the graph, a multiple of the classes
    depth: int = 2  # graph layers of a network

    interface = NodeClassifier
    steps = 150
    checkpoints = 1
    classes: ClassVar[int] = 4
    features: ClassVar[int] = 16
    width: ClassVar[int] = 16
    degree: ClassVar[float] = 8.0  # mean number of nodes that a node reads

    @property
    def spec(self) -> NodeSpec:
        return NodeSpec(
            nodes=self.nodes, features=self.features, classes=self.classes, width=self.width, depth=self.depth
        )

    @property
    def labels(self) -> jax.Array:
        """Classes of the nodes, int32 [n]: their order carries nothing."""
        return jnp.arange(self.nodes) % self.classes

    def features_of(self, key: jax.Array, labels: jax.Array) -> tuple[jax.Array, jax.Array]:
        """(x [n, d], log-likelihoods of the classes [n, c]): means in random directions, unit normal noise."""
        drawn = normals(key, means=(self.classes, self.features), noise=(self.nodes, self.features))
        means = self.signal * drawn["means"] / jnp.linalg.norm(drawn["means"], axis=1, keepdims=True)
        x = means[labels] + drawn["noise"]
        return x, x @ means.T - 0.5 * (means**2).sum(1)[None, :]

    def given(self, world: World) -> Graph:
        """The graph, with the labels that are known."""
        return world.graph

    @abc.abstractmethod
    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        """The task's metrics."""

    def floor(self, world: World) -> Any:
        """The class that is most common among the known labels."""
        common = jax.nn.one_hot(world.graph.y, self.classes).sum(0)
        return SimpleNamespace(node_scores=lambda: jnp.tile(jnp.log1p(common)[None, :], (self.nodes, 1)))


def known_evidence(likelihood: jax.Array, y: jax.Array) -> jax.Array:
    """Log-likelihoods [n, c] where labels int32 [n] that aren't hidden are as good as certain."""
    return likelihood + SURE * jax.nn.one_hot(y, likelihood.shape[1])


def hide(key: jax.Array, labels: jax.Array, per_class: int) -> jax.Array:
    """Labels int32 [n] of which all but `per_class` of every class are hidden."""
    return jnp.where(graphs.known_nodes(key, labels, per_class) > 0, labels, HIDDEN)


def share(right: jax.Array, among: jax.Array) -> jax.Array:
    """Mean of 0 or 1 [n] over the nodes that `among` [n] marks."""
    return (right * among).sum() / jnp.maximum(1.0, among.sum())


def correct(scores: jax.Array, labels: jax.Array) -> jax.Array:
    """1 where the highest score [n, c] is that of the label int32 [n]: float [n]."""
    return (scores.argmax(1) == labels).astype(scores.dtype)


def hidden(graph: Graph) -> jax.Array:
    """1 where the label isn't public: float [n]."""
    return (graph.y == HIDDEN).astype(graph.x.dtype)
