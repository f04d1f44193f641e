"""Trees with five kinds of bonds, such as glycans, whose class a joint of two bonds decides.

Isolates typed edges. A tree holds one path A - M - O, where the middle M is B or C and O the other of them: that is the
coarse class. Which of bonds 0 and 1 joins A to M, and which M to O, is the fine one. Two decoys hold the other two
joins, A - M and M - O apart from each other, so that every kind of bond between every two types is as frequent in both
fine classes: only the two bonds at one middle tell them apart. Without bonds a half is the most that can be right;
counts of types, or of bonds, tell nothing.

With `rule=composition` the class is a type that is frequent, in a random tree with random bonds: counts are enough.
Node 0 is the root.
"""

import jax
import jax.numpy as jnp
import numpy as np

from toybench.blocks.random import uniforms
from toybench.errors import UsageError
from toybench.tasks.graph_classification import Graphs, Labelled, Spec, linked, relabelled
from toybench.tasks.graph_classification._sets import CLASSES, GraphSet

TYPES = 6  # A, B, C and three that fill
BONDS = 5
NODES = 12
LEAST = 10  # nodes of the smallest trees
FILLERS = 4  # nodes that are in no piece, at most
TRUNK = 2  # of these, the root and a node below it, on which the pieces hang; the others hang on pieces
PIECES = ((4, 5, 6), (7, 8), (9, 10), (11,))  # the path, two decoys, and a node that evens out the types
INNER = ((4, 5), (5, 6), (7, 8), (9, 10))  # bonds within the pieces
FREQUENT = 0.4  # share of the class's own type under `composition`


class BondedTrees(GraphSet):
    """Which bonds meet, or which type is frequent."""

    train: int = 100  # training trees; with 300 every method that sees bonds is nearly always right
    rule: str = "bonds"  # what decides the class: bonds, or composition

    steps = 300

    @property
    def spec(self) -> Spec:
        if self.rule not in ("bonds", "composition"):
            raise UsageError(f"{self.name} has no rule '{self.rule}'; use bonds or composition.")
        return Spec(
            nodes=NODES,
            features=TYPES,
            relations=BONDS,
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
        noise = uniforms(
            key,
            size=(count,),
            types=(count, NODES),
            parents=(count, NODES),
            bonds=(count, NODES),
            places=(count, len(PIECES)),
            order=(count, NODES),
        )
        y = jnp.arange(count) % CLASSES
        size = LEAST + jnp.floor(noise["size"] * (NODES + 1 - LEAST)).astype(jnp.int32)
        grow = self.joined if self.rule == "bonds" else self.random
        graphs = jax.vmap(grow)(y, size, noise["types"], noise["parents"], noise["bonds"], noise["places"])
        root_first = noise["order"].at[:, 0].set(-1.0)
        return Labelled(
            graphs=relabelled(graphs, jnp.argsort(root_first, axis=1)),
            y=y,
            coarse=y // 2,
            options=jnp.ones((count, CLASSES)),
        )

    def joined(
        self,
        kind: jax.Array,
        size: jax.Array,
        types: jax.Array,
        parents: jax.Array,
        bonds: jax.Array,
        places: jax.Array,
    ) -> Graphs:
        """One tree under `bonds`: each piece hangs on the trunk by one of its nodes, and fillers hang on pieces."""
        fillers = size - (NODES - FILLERS)
        middle = 1 + kind // 2
        other = 3 - middle
        a_bond = kind % 2
        o_bond = 1 - a_bond
        filling = 3 + jnp.floor(types[:FILLERS] * (TYPES - 3)).astype(jnp.int32)
        pieces = jnp.stack([0 * kind, middle, other, 0 * kind, middle, middle, other, other])
        inner = np.array(INNER)
        hangs = jnp.stack(
            [jnp.asarray(p)[jnp.floor(u * len(p)).astype(jnp.int32)] for p, u in zip(PIECES, places, strict=True)]
        )
        on_trunk = jnp.floor(parents[FILLERS : FILLERS + len(PIECES)] * TRUNK).astype(jnp.int32)
        on_pieces = FILLERS + jnp.floor(parents[TRUNK:FILLERS] * (NODES - FILLERS)).astype(jnp.int32)
        free = jnp.floor(bonds[: len(PIECES) + FILLERS - 1] * BONDS).astype(jnp.int32)
        edges = linked(
            jnp.concatenate([jnp.asarray(inner[:, 0]), hangs, jnp.arange(1, FILLERS)]),
            jnp.concatenate([jnp.asarray(inner[:, 1]), on_trunk, jnp.zeros(1, jnp.int32), on_pieces]),
            jnp.concatenate([jnp.stack([a_bond, o_bond, o_bond, a_bond]), free]),
            jnp.concatenate([jnp.ones(2 * len(PIECES)), (jnp.arange(1, FILLERS) < fillers).astype(jnp.float32)]),
            self.spec,
        )
        exists = jnp.concatenate([jnp.arange(FILLERS) < fillers, jnp.ones(NODES - FILLERS, bool)]).astype(jnp.float32)
        x = jax.nn.one_hot(jnp.concatenate([filling, pieces]), TYPES) * exists[:, None]
        return Graphs(edges=edges, x=x, mask=exists)

    def random(
        self,
        kind: jax.Array,
        size: jax.Array,
        types: jax.Array,
        parents: jax.Array,
        bonds: jax.Array,
        places: jax.Array,
    ) -> Graphs:
        """One tree under `composition`: every node hangs on a random earlier one."""
        shares = jnp.where(jnp.arange(TYPES) == kind, FREQUENT, (1 - FREQUENT) / (TYPES - 1))
        drawn = (types[:, None] > jnp.cumsum(shares)[None, :-1]).sum(1)
        below = jnp.floor(parents[1:] * jnp.arange(1.0, NODES)).astype(jnp.int32)
        exists = (jnp.arange(NODES) < size).astype(jnp.float32)
        free = jnp.floor(bonds[1:] * BONDS).astype(jnp.int32)
        edges = linked(jnp.arange(1, NODES), below, free, exists[1:], self.spec)
        return Graphs(edges=edges, x=jax.nn.one_hot(drawn, TYPES) * exists[:, None], mask=exists)
