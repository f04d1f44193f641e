"""A family of contextual block models: classes have the same feature means in every graph, homophily differs.

Edges fall between class a and class b in proportion to h [a = b] + (1 - h) / c, features are signal mu_y + N(0, I).
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Task
from toybench.blocks.graphs import HIDDEN, block_marginals, block_model, block_rates
from toybench.blocks.random import normals
from toybench.tasks.graph_transfer import Graph, Spec

CERTAIN = 30.0  # log-odds of a known label in the oracle's evidence


class Law(NamedTuple):
    """What only references may know: edge probabilities of the test graphs [t, c, c], and class means [c, d]."""

    rates: jax.Array
    means: jax.Array


class Family(Task):
    """Unlabelled training graphs of the family, one a step; a subclass asks about new ones."""

    nodes: int = 100  # of every graph
    classes: int = 4  # of equal size
    features: int = 16  # coordinates of a node's features
    signal: float = 1.0  # length of a class mean, in standard deviations of the noise
    degree: float = 8.0  # mean number of neighbours
    homophily_low: float = 0.35  # share of edges that fall into the own class on purpose, from
    homophily_high: float = 0.7  # to
    corpus: int = 32  # training graphs
    tests: int = 4  # new graphs
    width: int = 16  # of networks and embeddings

    steps = 300
    checkpoints = 1

    @property
    def spec(self) -> Spec:
        return Spec(nodes=self.nodes, features=self.features, classes=self.classes, width=self.width, family=True)

    def draw_graphs(self, key: jax.Array) -> tuple[Graph, Graph, Law]:
        """(training graphs [g, ...] without labels, test graphs [t, ...] with all of them, the law of the latter)."""
        for_features, for_homophily, for_edges = jax.random.split(key, 3)
        count = self.corpus + self.tests
        labels = jnp.arange(self.nodes, dtype=jnp.int32) % self.classes
        noise = normals(for_features, means=(self.classes, self.features), x=(count, self.nodes, self.features))
        means = self.signal * noise["means"] / jnp.linalg.norm(noise["means"], axis=1, keepdims=True)
        x = means[labels][None] + noise["x"]
        span = self.homophily_high - self.homophily_low
        homophily = self.homophily_low + span * jax.random.uniform(for_homophily, (count,))
        rates = jax.vmap(self.rates)(homophily)
        edges = jax.vmap(lambda key, rate: block_model(key, labels, rate))(jax.random.split(for_edges, count), rates)
        y = jnp.broadcast_to(labels, (count, self.nodes))
        graphs = Graph(edges=edges, x=x, y=y)
        train = jax.tree.map(lambda leaf: leaf[: self.corpus], graphs)
        test = jax.tree.map(lambda leaf: leaf[self.corpus :], graphs)
        law = Law(rates=rates[self.corpus :], means=means)
        return train._replace(y=jnp.full_like(train.y, HIDDEN)), test, law

    def rates(self, homophily: jax.Array) -> jax.Array:
        """Edge probabilities [c, c]."""
        weights = homophily * jnp.eye(self.classes) + (1 - homophily) / self.classes
        return block_rates(weights, jnp.full((self.classes,), 1 / self.classes), self.degree, self.nodes)

    def given(self, world: Any) -> Graph:
        """The training graphs [g, ...]."""
        return world.train

    def draw(self, world: Any, key: jax.Array, learner: Any) -> tuple[Any, jax.Array]:
        """Which training graph this step is about, int32 []."""
        return world, jax.random.randint(key, (), 0, self.corpus)


def marginals(tests: Graph, law: Law, graph: Graph) -> jax.Array:
    """Class probabilities [n, c] under the true law, by belief propagation; the graph is found by its features."""
    which = jnp.abs(tests.x[:, 0] - graph.x[None, 0]).sum(1).argmin()
    classes = law.means.shape[0]
    squares = ((graph.x[:, None, :] - law.means[None]) ** 2).sum(-1)
    evidence = -0.5 * squares + CERTAIN * jax.nn.one_hot(graph.y, classes)
    return block_marginals(graph.edges, evidence, law.rates[which])
