"""A block model with features: which classes are linked decides which network can win.

Isolates what a graph layer can use. A node of class a reads nodes of class b with weight T[a, b], by the `pattern`:

    homophilous   0.6 I + 0.4 / c: neighbours are mostly of the node's own class
    paired        0.8 on the class y + c/2, 0.2 / c elsewhere: neighbours are mostly of a partner class
    flow          0.8 on the class y + 1, 0.2 / c elsewhere: with `directed`, direction carries the class
    unrelated     1 / c: edges carry nothing

Features alone give half of the nodes, features and edges together nearly all of them. A partner class is needed for
heterophily to be learnable: neighbours that are spread over all other classes carry nothing. The oracle is belief
propagation with the true rates, means and directions.
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.blocks import graphs
from toybench.tasks.node_classification import Graph
from toybench.tasks.node_classification._world import Nodes, World, correct, hidden, hide, known_evidence, share

OWN = 0.6  # weight on the own class beyond an equal share
OTHER = 0.8  # weight on the partner or on the next class beyond an equal share


def pattern_weights(pattern: str, classes: int) -> jax.Array:
    """T [c, c] of a pattern; rows sum to 1."""
    equal = jnp.full((classes, classes), 1 / classes)
    match pattern:
        case "homophilous":
            return OWN * jnp.eye(classes) + (1 - OWN) * equal
        case "paired":
            return OTHER * jnp.roll(jnp.eye(classes), classes // 2, axis=1) + (1 - OTHER) * equal
        case "flow":
            return OTHER * jnp.roll(jnp.eye(classes), 1, axis=1) + (1 - OTHER) * equal
        case "unrelated":
            return equal
    raise ValueError(f"There is no pattern '{pattern}'; use homophilous, paired, flow or unrelated.")


class BlockModelNodes(Nodes):
    """Edges by the pattern's weights."""

    pattern: str = "homophilous"  # homophilous, paired, flow or unrelated
    directed: bool = False  # whether edges have a direction; a network without one then reads both ways

    metrics = {
        "test_accuracy": Metric("max", "share of nodes with a hidden label that get the right one; chance 0.25"),
        "loss_gap": Metric("min", "cross-entropy on hidden minus that on known labels, nats"),
        "train_accuracy": Metric("info", "share of labelled nodes that get the right one"),
        "score_energy": Metric("info", "Dirichlet energy of centred scores over their squared norm, 0 to 2"),
    }

    def sample(self, key: jax.Array) -> World:
        """Features, edges and known labels."""
        keys = jax.random.split(key, 3)
        labels = self.labels
        weights = pattern_weights(self.pattern, self.classes)
        rates = graphs.block_rates(weights, jnp.full(self.classes, 1 / self.classes), self.degree, self.nodes)
        edges = graphs.block_model(keys[0], labels, rates, directed=self.directed)
        x, likelihood = self.features_of(keys[1], labels)
        y = hide(keys[2], labels, self.per_class)
        return World(
            graph=Graph(edges=edges, reads=graphs.symmetrised(edges), x=x, y=y),
            labels=labels,
            evidence=known_evidence(likelihood, y),
            right=edges,
            rates=rates,
        )

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        scores = learner.node_scores()
        right = correct(scores, world.labels)
        test = hidden(world.graph)
        loss = -jnp.take_along_axis(jax.nn.log_softmax(scores), world.labels[:, None], axis=1)[:, 0]
        return {
            "test_accuracy": share(right, test),
            "loss_gap": share(loss, test) - share(loss, 1 - test),
            "train_accuracy": share(right, 1 - test),
            "score_energy": dirichlet_energy(graphs.symmetric_normalised(world.graph.reads), scores),
        }

    def oracle(self, world: World) -> Any:
        """Belief propagation over all pairs of nodes."""

        def node_scores() -> jax.Array:
            marginals = graphs.block_marginals(world.right, world.evidence, world.rates, directed=self.directed)
            return jnp.log(jnp.maximum(marginals, jnp.finfo(marginals.dtype).tiny))

        return SimpleNamespace(node_scores=node_scores)


def dirichlet_energy(smooth: jax.Array, scores: jax.Array) -> jax.Array:
    """tr F'(I - S) F / tr F'F of scores centred over the nodes, S = smooth [n, n]; 0 where all scores are alike."""
    centred = scores - scores.mean(0)[None, :]
    size = (centred**2).sum()
    energy = size - (centred * (smooth @ centred)).sum()
    return energy / jnp.maximum(size, jnp.finfo(size.dtype).tiny)
