"""Classify the nodes of new graphs of a family from one, three or five labels a class.

Training graphs have no labels, and share with the new ones what features mean and that neighbours resemble each other.
Isolates what an encoder learned without labels is worth when labels are few.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.blocks.graphs import HIDDEN, known_nodes
from toybench.tasks.graph_transfer import Graph, NodeScorer
from toybench.tasks.graph_transfer._family import Family, Law, marginals

SHOTS = (1, 3, 5)  # labels a class


class World(NamedTuple):
    """Training graphs [g, ...], test graphs [t, ...] with all labels, their law, who is known [t, 3 draws, n]."""

    train: Graph
    test: Graph
    law: Law
    known: jax.Array


class UnseenGraphs(Family):
    """Fewer labels are part of more labels."""

    draws: int = 2  # choices of labelled nodes a test graph

    interface = NodeScorer
    metrics = {
        "fewshot_accuracy": Metric("max", "share of hidden labels that are right, mean of 1, 3 and 5 labels a class"),
        "accuracy_1": Metric("max", "share of hidden labels that are right with 1 label a class"),
        "accuracy_3": Metric("max", "share of hidden labels that are right with 3 labels a class"),
        "accuracy_5": Metric("max", "share of hidden labels that are right with 5 labels a class"),
    }

    def sample(self, key: jax.Array) -> World:
        for_graphs, for_labels = jax.random.split(key)
        train, test, law = self.draw_graphs(for_graphs)
        keys = jax.random.split(for_labels, (self.tests, self.draws))

        def choose(each: int) -> jax.Array:
            return jax.vmap(lambda keys, y: jax.vmap(lambda key: known_nodes(key, y, each))(keys))(keys, test.y)

        known = jnp.concatenate([choose(each) for each in SHOTS], axis=1)
        return World(train=train, test=test, law=law, known=known)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        def accuracy(graph: Graph, known: jax.Array) -> jax.Array:
            asked = graph._replace(y=jnp.where(known > 0, graph.y, HIDDEN))
            right = (learner.node_scores(asked).argmax(1) == graph.y).astype(known.dtype)
            return (right * (1 - known)).sum() / (1 - known).sum()

        each = jax.vmap(jax.vmap(accuracy, (None, 0)))(world.test, world.known)
        by_shots = each.reshape(self.tests, len(SHOTS), self.draws).mean((0, 2))
        named = {f"accuracy_{shots}": by_shots[i] for i, shots in enumerate(SHOTS)}
        return {"fewshot_accuracy": by_shots.mean(), **named}

    def floor(self, world: World) -> Any:
        """One class for all nodes."""
        return SimpleNamespace(node_scores=lambda graph: jnp.zeros((self.nodes, self.classes)))

    def oracle(self, world: World) -> Any:
        """Belief propagation with the true law."""
        return SimpleNamespace(node_scores=lambda graph: marginals(world.test, world.law, graph))
