"""Labelled nodes read their own class, half of the others read another one: does a network hold on to what it knows?

Isolates a shift of the neighbourhoods between labelled and hidden nodes. A node of the first kind reads about 8 nodes
of its own class, one of the second kind about 8 of the next class. Nine of ten labelled nodes are of the first kind,
the hidden ones are half and half. A network that trusts neighbours as the labels teach it is wrong about the second
kind; features say the same of both kinds.

There is no oracle: who knows the kinds would need them from the features.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.blocks.graphs import HIDDEN
from toybench.blocks.random import uniforms
from toybench.tasks.node_classification import Graph
from toybench.tasks.node_classification._world import Nodes, World, correct, hidden, known_evidence, share

FIRST = 0.9  # share of the labelled nodes that are of the first kind


class ShiftedPatterns(Nodes):
    """Directed edges to one class a node; networks read along them alone."""

    metrics = {
        "heterophilic_accuracy": Metric("max", "accuracy on hidden nodes that read their own class less than half"),
        "test_accuracy": Metric("max", "share of nodes with a hidden label that get the right one; chance 0.25"),
        "homophilic_accuracy": Metric("info", "accuracy on the other hidden nodes"),
        "train_accuracy": Metric("info", "share of labelled nodes that get the right one"),
    }

    def sample(self, key: jax.Array) -> World:
        """Nodes of a class are shuffled; the first of them are labelled, and kinds go by the place."""
        a, b = jax.random.split(key)
        n = self.nodes
        c = self.classes
        labels = self.labels
        drawn = uniforms(a, edges=(n, n), order=(n // c, c))
        place = jnp.argsort(jnp.argsort(drawn["order"], axis=0), axis=0).reshape(n)  # in its class
        known = place < self.per_class
        first = jnp.where(known, place < round(FIRST * self.per_class), (place - self.per_class) % 2 == 0)
        target = jnp.where(first, labels, (labels + 1) % c)
        rate = self.degree * c / n
        edges = ((drawn["edges"] < rate) & (target[:, None] == labels[None, :])).astype(jnp.float32)
        edges = edges * (1 - jnp.eye(n))
        x, likelihood = self.features_of(b, labels)
        y = jnp.where(known, labels, HIDDEN)
        return World(
            graph=Graph(edges=edges, reads=edges, x=x, y=y),
            labels=labels,
            evidence=known_evidence(likelihood, y),
            right=edges,
            rates=rate * jnp.eye(c),
        )

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        right = correct(learner.node_scores(), world.labels)
        test = hidden(world.graph)
        edges = world.graph.edges
        alike = (world.labels[:, None] == world.labels[None, :]).astype(edges.dtype)
        same = (edges * alike).sum(1)
        other = (same < 0.5 * edges.sum(1)).astype(test.dtype)
        return {
            "heterophilic_accuracy": share(right, test * other),
            "test_accuracy": share(right, test),
            "homophilic_accuracy": share(right, test * (1 - other)),
            "train_accuracy": share(right, 1 - test),
        }
