"""Half of the edges are wrong, and nodes differ in how many they have: can a network choose its neighbours?

Isolates learned neighbourhoods. Node i expects theta_i edges, Pareto of shape 1 between 2 and 20. Classes are linked as
in the homophilous block model. Of the true edges a share `wrong` is taken away, and as many are laid between nodes of
different classes, in the same proportion to theta. The true degree differs from node to node, so that one number of
neighbours for all nodes can't be right.

The oracle is belief propagation on those edges that are right, with rates that know no theta.
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.blocks import graphs
from toybench.tasks.node_classification import Graph
from toybench.tasks.node_classification._world import Nodes, World, correct, hidden, hide, known_evidence, share

OWN = 0.6  # weight on the own class beyond an equal share, as in `block_model_nodes`
SHAPE = 1.0  # of the Pareto law of expected degrees
LEAST = 2.0  # expected degree
MOST = 20.0  # expected degree


class RewiredEdges(Nodes):
    """Undirected edges in proportion to theta_i theta_j, some of them between classes."""

    wrong: float = 0.5  # share of the edges that are replaced by ones between classes, 0 to 1

    metrics = {
        "test_accuracy": Metric("max", "share of nodes with a hidden label that get the right one; chance 0.25"),
        "train_accuracy": Metric("info", "share of labelled nodes that get the right one"),
        "own_class_edges": Metric("info", "share of the edges that join nodes of one class"),
    }

    def sample(self, key: jax.Array) -> World:
        """Edges of the block model, thinned, and wrong ones beside them."""
        keys = jax.random.split(key, 4)
        labels = self.labels
        uniform = jax.random.uniform(keys[0], (self.nodes,))
        theta = jnp.clip(LEAST * (1 - uniform) ** (-1 / SHAPE), LEAST, MOST)
        factors = theta / theta.mean()
        rates = self.rates(OWN * jnp.eye(self.classes) + (1 - OWN) / self.classes, (1 - self.wrong) * theta.mean())
        wrong = self.rates(1 - jnp.eye(self.classes), self.wrong * theta.mean())
        right = graphs.block_model(keys[1], labels, rates, factors)
        edges = jnp.maximum(right, graphs.block_model(keys[2], labels, wrong, factors))
        features, chosen = jax.random.split(keys[3])
        x, likelihood = self.features_of(features, labels)
        y = hide(chosen, labels, self.per_class)
        return World(
            graph=Graph(edges=edges, reads=edges, x=x, y=y),
            labels=labels,
            evidence=known_evidence(likelihood, y),
            right=right,
            rates=rates,
        )

    def rates(self, weights: jax.Array, degree: jax.Array) -> jax.Array:
        """Edge probabilities [c, c] in proportion to weights, for classes of equal size."""
        return degree * graphs.block_rates(weights, jnp.full(self.classes, 1 / self.classes), 1.0, self.nodes)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        right = correct(learner.node_scores(), world.labels)
        test = hidden(world.graph)
        edges = world.graph.edges
        same = (world.labels[:, None] == world.labels[None, :]).astype(edges.dtype)
        return {
            "test_accuracy": share(right, test),
            "train_accuracy": share(right, 1 - test),
            "own_class_edges": (edges * same).sum() / jnp.maximum(1.0, edges.sum()),
        }

    def oracle(self, world: World) -> Any:
        """Belief propagation on the right edges."""

        def node_scores() -> jax.Array:
            marginals = graphs.block_marginals(world.right, world.evidence, world.rates)
            return jnp.log(jnp.maximum(marginals, jnp.finfo(marginals.dtype).tiny))

        return SimpleNamespace(node_scores=node_scores)
