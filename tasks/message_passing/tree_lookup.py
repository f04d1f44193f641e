"""The value of the leaf that carries the key asked for at the root of a binary tree.

Isolates under-reaching and over-squashing: a network of fewer layers than the tree is deep can't see the leaves, and a
deeper one must press all of them into its inner nodes. The data of Alon and Yahav's dictionary lookup.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.blocks.random import uniforms
from toybench.tasks.message_passing import ROOT, Batch, Graphs, GraphTask, Spec, at_root, everywhere, speaks

TESTED = 2048  # trees of the test set


class World(NamedTuple):
    """Edges [n, n] of the tree, from children to parents, and a test set."""

    edges: jax.Array
    test: Batch


def looked_up(graphs: Graphs) -> jax.Array:
    """One-hot values [b, leaves] of the leaf whose key the root asks for."""
    leaves = graphs.x.shape[-1] // 2
    asked = graphs.x[:, ROOT, :leaves]
    matches = jnp.einsum("bk,bnk->bn", asked, graphs.x[:, 1:, :leaves])
    return jnp.einsum("bn,bnk->bk", matches, graphs.x[:, 1:, leaves:])


class TreeLookup(GraphTask):
    """Share of wrong values at the root; fresh trees in every batch."""

    depth: int = 3  # of the tree; a root of depth 0 would be a leaf
    batch: int = 32  # trees a step
    width: int = 32  # of hidden layers; the authors' 32, and 128 for rewiring

    steps = 800
    metrics = {
        "error": Metric(direction="min", about="share of wrong answers, as a share of blind guessing's"),
        "accuracy": Metric(direction="max", about="share of right answers"),
    }

    @property
    def leaves(self) -> int:
        """Leaves, keys and values."""
        return int(2**self.depth)

    @property
    def spec(self) -> Spec:
        return Spec(
            nodes=2 * self.leaves - 1,
            features=2 * self.leaves,
            outputs=self.leaves,
            width=self.width,
            loss="cross_entropy",
            reach=self.depth,
        )

    def plant(self, edges: jax.Array, key: jax.Array, count: int) -> Batch:
        """Trees whose leaves have keys in their order and permuted values; the root has a random key."""
        drawn = uniforms(key, asked=(count,), order=(count, self.leaves))
        one_hot = jnp.eye(self.leaves)
        asked = one_hot[jnp.floor(drawn["asked"] * self.leaves).astype(jnp.int32)]
        rank = (drawn["order"][:, :, None] > drawn["order"][:, None, :]).sum(-1)
        values = one_hot[rank]
        keys = jnp.broadcast_to(one_hot[None], values.shape)
        nothing = jnp.zeros((count, self.leaves - 2, 2 * self.leaves))  # nodes between the root and the leaves
        root = jnp.concatenate([asked, jnp.zeros_like(asked)], axis=-1)[:, None]
        x = jnp.concatenate([root, nothing, jnp.concatenate([keys, values], axis=-1)], axis=1)
        nodes = x.shape[1]
        graphs = Graphs(
            edges=jnp.broadcast_to(edges[None], (count, nodes, nodes)),
            x=x,
            mask=jnp.ones((count, nodes), bool),
        )
        return Batch(graphs=graphs, answers=everywhere(looked_up(graphs), nodes), asked=at_root(count, nodes))

    def sample(self, key: jax.Array) -> World:
        """The tree: node i has the children 2 i + 1 and 2 i + 2."""
        node = jnp.arange(2 * self.leaves - 1)
        edges = ((node[None, :] - 1) // 2 == node[:, None]) & (node[None, :] > 0)
        return World(edges=edges, test=self.plant(edges, key, TESTED))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        """Fresh trees."""
        return world, self.plant(world.edges, key, self.batch)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        right = learner.predict(world.test.graphs)[:, ROOT].argmax(-1) == world.test.answers[:, ROOT].argmax(-1)
        accuracy = right.astype(jnp.float32).mean()
        return {"error": (1 - accuracy) / (1 - 1 / self.leaves), "accuracy": accuracy}

    def floor(self, world: World) -> Any:
        """The first value, always."""
        return speaks(lambda graphs: jnp.zeros((*graphs.mask.shape, self.leaves)))

    def oracle(self, world: World) -> Any:
        """The value itself."""
        return speaks(lambda graphs: everywhere(looked_up(graphs), graphs.x.shape[1]))
