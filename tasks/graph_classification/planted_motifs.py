"""Random graphs in which a few groups of four nodes are wired as their class says.

Isolates structure: every graph has 16 nodes, four of each label, and 24 edges, so that counting nodes, labels or edges
tells nothing. In each planted group, which has one node of every label, the edges are those of the class: a triangle, a
cycle, a clique or a star. The other edges are random.
"""

import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks.random import uniforms
from toybench.tasks.graph_classification import Graphs, Labelled, Spec, relabelled
from toybench.tasks.graph_classification._sets import CLASSES, GraphSet

LABELS = 4  # of nodes
NODES = 16
EDGES = 24  # a mean degree of 3
GROUPS = NODES // LABELS
TAKEN = 2.0  # more than any uniform number: a pair that no random edge may join

MOTIFS = (
    ((0, 1), (0, 2), (1, 2)),  # triangle
    ((0, 1), (1, 2), (2, 3), (0, 3)),  # cycle
    ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)),  # clique
    ((0, 1), (0, 2), (0, 3)),  # star
)  # edges between the labels of a group


def planted(copies: int) -> np.ndarray:
    """Planted edges [c, n, n] of every class: in the first `copies` groups."""
    edges = np.zeros((CLASSES, NODES, NODES), np.float32)
    for kind, motif in enumerate(MOTIFS):
        for group in range(copies):
            for a, b in motif:
                edges[kind, LABELS * group + a, LABELS * group + b] = 1.0
    return edges + edges.transpose(0, 2, 1)


class PlantedMotifs(GraphSet):
    """Which motif was planted."""

    copies: int = 2  # planted groups of four nodes, 1 to 4
    steps: int = 600  # type: ignore[misc]  # minibatches: 96 passes over 200 graphs

    @property
    def spec(self) -> Spec:
        return Spec(
            nodes=NODES,
            features=LABELS,
            relations=1,
            degree=NODES - 1,
            classes=CLASSES,
            coarse=2,
            train=self.train,
            known=self.shown,
            batch=self.batch,
            width=16,
            reach=3,
            pooling="mean_max",
        )

    def drawn(self, key: jax.Array, count: int) -> Labelled:
        noise = uniforms(key, pairs=(count, NODES, NODES), order=(count, NODES))
        y = jnp.arange(count) % CLASSES
        motifs = jnp.asarray(planted(self.copies))
        group = np.arange(NODES) // LABELS
        within = (group[:, None] == group[None, :]) & (group[:, None] < self.copies)
        open_pairs = jnp.asarray(np.triu(~within, 1))

        def one(kind: jax.Array, pairs: jax.Array) -> jax.Array:
            """Edges [n, n]: the motif's, and random ones up to the same number for all."""
            budget = EDGES - motifs[kind].sum() / 2
            score = jnp.where(open_pairs, pairs, TAKEN).ravel()
            rank = jnp.argsort(jnp.argsort(score)).reshape(NODES, NODES).astype(jnp.float32)
            random = (rank < budget).astype(jnp.float32)
            return motifs[kind] + random + random.T

        x = jnp.broadcast_to(jax.nn.one_hot(jnp.arange(NODES) % LABELS, LABELS), (count, NODES, LABELS))
        edges = jax.vmap(one)(y, noise["pairs"])[:, None]
        graphs = Graphs(edges=edges, x=x, mask=jnp.ones((count, NODES)))
        shuffled = relabelled(graphs, jnp.argsort(noise["order"], axis=1))
        return Labelled(graphs=shuffled, y=y, coarse=y // 2, options=jnp.ones((count, CLASSES)))
