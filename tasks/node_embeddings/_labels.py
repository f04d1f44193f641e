"""What tasks with hidden labels share: who is known, what is given, and accuracy on the others."""

import abc
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.graphs import HIDDEN
from toybench.tasks.node_embeddings import Graph, NodeScores, targets


class World(NamedTuple):
    """A graph, its nodes' classes, who is known, and what the oracle sees.

    Attributes:
      edges: [n, n].
      labels: int32 [n].
      seen: bool [n].
      laid: the edges [n, n] that tell classes apart, or ().
    """

    edges: jax.Array
    labels: jax.Array
    seen: jax.Array
    laid: Any


class HiddenLabels(Task):
    """Accuracy on nodes whose label isn't given."""

    interface = NodeScores
    metrics = {"test_accuracy": Metric("max", "share of the hidden nodes whose class is told rightly")}

    @property
    @abc.abstractmethod
    def classes(self) -> int:
        """How many there are."""

    def given(self, world: World) -> Graph:
        return Graph(edges=world.edges, y=jnp.where(world.seen, world.labels, HIDDEN))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        right = learner.node_scores().argmax(-1) == world.labels
        hidden = ~world.seen
        return {"test_accuracy": (right & hidden).sum() / hidden.sum()}

    def floor(self, world: World) -> Any:
        """The most common known class, for every node."""
        counts = targets(self.given(world), self.classes)
        return SimpleNamespace(node_scores=lambda: jnp.broadcast_to(counts.sum(0)[None, :], counts.shape))


def shuffled(key: jax.Array, labels: jax.Array, count: int) -> tuple[jax.Array, jax.Array]:
    """(order int32 [n], seen bool [n]): a random order of the nodes, and `count` random ones of them."""
    noise = jax.random.uniform(key, (2, labels.shape[0]))
    return noise[0].argsort(), noise[1].argsort().argsort() < count
