"""Tell groups of nodes that are wired by copies of one motif, under random edges.

Isolates what a count of small subgraphs sees that proximity doesn't. 96 nodes are in 6 groups of 16. Some 192 edges are
laid as copies of a motif on random nodes of one group: 32 cliques of four nodes, 48 squares, or 64 claws. Every node is
in one copy at least. Some 288 random edges between any two nodes lie over them. Wherever random edges rarely form the
motif, its count shows which edges were laid. Groups are denser inside, so that proximity alone tells them in part.

The oracle sees which edges were laid: nodes that these connect have one label.
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench.tasks.node_embeddings import Spec, targets
from toybench.tasks.node_embeddings._labels import HiddenLabels, World, shuffled

MOTIFS = {
    "clique": ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)),
    "square": ((0, 1), (1, 2), (2, 3), (3, 0)),
    "claw": ((0, 1), (0, 2), (0, 3)),
}
CORNERS = 4  # nodes of a motif


class MotifGroups(HiddenLabels):
    """Six groups."""

    motif: str = "clique"  # `clique`, `square` or `claw`
    groups: int = 6
    members: int = 16  # nodes of a group
    laid: int = 192  # edges of all copies together, those laid twice counted twice
    noise: int = 288  # random edges, on average
    labels: int = 40  # how many are known

    steps = 0

    @property
    def classes(self) -> int:
        return self.groups

    @property
    def nodes(self) -> int:
        """Of all groups."""
        return self.groups * self.members

    @property
    def spec(self) -> Spec:
        return Spec(nodes=self.nodes, classes=self.classes)

    def sample(self, key: jax.Array) -> World:
        """Copies of the motif, and edges between any two nodes."""
        order_key, motif_key, edge_key = jax.random.split(key, 3)
        pairs = MOTIFS[self.motif]
        copy = jnp.arange(self.laid // len(pairs))
        group = copy % self.groups
        rounds = -(-self.laid * CORNERS // (len(pairs) * self.nodes))  # in each, every node is in one copy at most
        members = jax.random.uniform(motif_key, (self.groups, rounds, self.members)).argsort(2)
        corners = group[:, None] * self.members + members.reshape(self.groups, -1, CORNERS)[group, copy // self.groups]
        first = jnp.stack([corners[:, a] for a, _ in pairs])
        second = jnp.stack([corners[:, b] for _, b in pairs])
        laid = jnp.zeros((self.nodes, self.nodes)).at[first, second].set(1.0)
        laid = jnp.maximum(laid, laid.T)
        rate = self.noise / (self.nodes * (self.nodes - 1) / 2)
        drawn = jnp.triu((jax.random.uniform(edge_key, laid.shape) < rate).astype(laid.dtype), 1)
        labels = jnp.arange(self.nodes) // self.members
        order, seen = shuffled(order_key, labels, self.labels)
        laid = laid[order][:, order]
        return World(edges=jnp.maximum(laid, drawn + drawn.T), labels=labels[order], seen=seen, laid=laid)

    def oracle(self, world: World) -> Any:
        """Known labels of the nodes that laid edges connect with a node."""
        reach = world.laid + jnp.eye(self.nodes)
        for _ in range(self.members.bit_length()):
            reach = jnp.minimum(reach @ reach, 1.0)  # paths of twice the length
        scores = reach @ targets(self.given(world), self.classes)
        return SimpleNamespace(node_scores=lambda: scores)
