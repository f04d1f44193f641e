"""Classify the nodes of one graph of which some labels are known.

Shapes: n nodes, d features, c classes.
"""

from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.local_learning import HIDDEN, Graph, GraphSpec, NodeClassifier


class NodesWorld(NamedTuple):
    """The public graph and all labels, int32 [n]."""

    graph: Graph
    labels: jax.Array


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
        return GraphSpec(
            features=self.features,
            classes=self.classes,
            hidden=(self.width,) * self.depth,
            conv=self.conv,
            activation=self.activation,
        )

    def features_and_labels(self, noise: jax.Array, community: jax.Array) -> tuple[jax.Array, jax.Array]:
        """(x [n, d], labels int32 [n]) from normal noise [n + c + 1, d + 1] and communities int32 [n]."""
        raise TypeError(f"{self.name} has no features; give it a method `features_and_labels`.")

    def sample(self, key: jax.Array) -> NodesWorld:
        a, b = jax.random.split(key)
        n = self.nodes
        c = self.classes
        community = jnp.arange(n) % c
        x, labels = self.features_and_labels(jax.random.normal(a, (n + c + 1, self.features + 1)), community)
        uniform = jax.random.uniform(b, (n + 1, n))
        chance = jnp.where(community[:, None] == community[None, :], self.within, self.between)
        upper = jnp.triu((uniform[:n] < chance).astype(x.dtype), 1)
        rank = jnp.argsort(jnp.argsort(uniform[n].reshape(-1, c), axis=0), axis=0).reshape(n)  # in its community
        known = 1.0 + rank.astype(x.dtype) <= self.labelled * n / c
        graph = Graph(edges=upper + upper.T, x=x, y=jnp.where(known, labels, HIDDEN))
        return NodesWorld(graph=graph, labels=labels)

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
