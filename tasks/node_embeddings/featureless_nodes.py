"""Tell the community and the role of nodes that have no features, from the graph and a third of the labels.

Isolates what random features, once propagated, say of a place in the graph. 180 nodes of degree 8 on average lie in 3
communities, linked 8 times as often inside as between. 30 % of the nodes of each are hubs, with 2.2 times as many edges
as average, the others periphery with 0.7 times. The class is community and role together, 6 in all.
Community needs global structure, role needs degrees, which normalised eigenvectors tell but faintly.

The oracle is belief propagation with the true rates.
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks.graphs import block_marginals, block_model, block_rates
from toybench.tasks.node_embeddings import Reader, Spec, targets
from toybench.tasks.node_embeddings._labels import HiddenLabels, World, shuffled

CERTAIN = 30.0  # log-odds of a known label


class FeaturelessNodes(HiddenLabels):
    """Six classes."""

    reader: str = "ridge"  # what reads an embedding: `ridge`, or `gcn`, a network of two layers
    nodes: int = 180
    communities: int = 3
    degree: float = 8.0  # mean number of neighbours
    inside: float = 8.0  # how much likelier an edge is inside a community
    hubs: float = 0.3  # share of a community's nodes
    hub: float = 2.2  # expected degree of a hub over the mean
    periphery: float = 0.7  # of another node
    labels: int = 60  # how many are known

    steps = 0

    @property
    def classes(self) -> int:
        return 2 * self.communities

    @property
    def spec(self) -> Spec:
        reader: Reader = "gcn" if self.reader == "gcn" else "ridge"
        return Spec(nodes=self.nodes, classes=self.classes, reader=reader)

    def shares(self) -> jax.Array:
        """Share of each class [c]; classes are hubs of community 0, its periphery, hubs of 1, and so on."""
        pair = jnp.array([self.hubs, 1 - self.hubs])
        return jnp.tile(pair, self.communities) / self.communities

    def rates(self) -> jax.Array:
        """Edge probabilities [c, c] between classes."""
        factors = jnp.tile(jnp.array([self.hub, self.periphery]), self.communities)
        community = jnp.arange(self.classes) // 2
        same = (community[:, None] == community[None, :]).astype(factors.dtype)
        weights = (1 + (self.inside - 1) * same) * factors[:, None] * factors[None, :]
        return block_rates(weights, self.shares(), self.degree, self.nodes)

    def sample(self, key: jax.Array) -> World:
        """A block model of six classes."""
        order_key, edge_key = jax.random.split(key)
        ends = jnp.round(jnp.cumsum(self.shares()) * self.nodes)
        place = jnp.arange(self.nodes, dtype=ends.dtype)
        labels = (place[:, None] >= ends[None, :]).sum(1).astype(jnp.int32)
        order, seen = shuffled(order_key, labels, self.labels)
        labels = labels[order]
        return World(edges=block_model(edge_key, labels, self.rates()), labels=labels, seen=seen, laid=())

    def oracle(self, world: World) -> Any:
        """Belief propagation with the true rates."""
        evidence = jnp.log(self.shares())[None, :] + CERTAIN * targets(self.given(world), self.classes)
        return SimpleNamespace(node_scores=lambda: block_marginals(world.edges, evidence, self.rates()))
