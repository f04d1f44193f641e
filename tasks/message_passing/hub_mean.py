"""The mean of the features of those neighbours of a root that are hubs: nodes of six neighbours.

Isolates whether a network can leave messages out: the other neighbours' features are noise for the answer. The
authors' own synthetic data, with fewer neighbours of a root. A second test set has two more hubs a tree.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.blocks.random import uniforms
from toybench.tasks.message_passing import ROOT, Batch, Graphs, GraphTask, Spec, at_root, everywhere, speaks

REACH = 2.0  # features are uniform between -2 and 2, as the authors'
HUB_LEAVES = 5  # of a hub, whose sixth neighbour is the root; the authors' number
OTHER_LEAVES = 2  # at most, of other children; the authors' number
TESTED = 512  # trees of each test set


class World(NamedTuple):
    """Training trees, test trees, and test trees with more hubs."""

    train: "Trees"
    test: Batch
    shifted: Batch


class Trees(NamedTuple):
    """Parent of every node int32 [m, n] (its own number at the root and at padding), and features [m, n, d]."""

    parent: jax.Array
    x: jax.Array


def hubs(graphs: Graphs) -> jax.Array:
    """Neighbours of the root that have six neighbours, bool [b, n]."""
    degree = graphs.edges.sum(-1)
    return graphs.edges[:, ROOT] & (degree == HUB_LEAVES + 1)


def hub_mean(graphs: Graphs) -> jax.Array:
    """Mean of the hubs' features, [b, d]."""
    chosen = hubs(graphs).astype(graphs.x.dtype)
    return jnp.einsum("bn,bnd->bd", chosen, graphs.x) / chosen.sum(-1, keepdims=True)


def planted(trees: Trees) -> Batch:
    """Edges both ways between parents and children, and the answer at the root."""
    nodes = trees.parent.shape[-1]
    own = jnp.arange(nodes)
    child = (trees.parent != own[None, :])[..., None]
    up = child & (trees.parent[..., None] == own[None, None, :])
    edges = up | jnp.swapaxes(up, -1, -2)
    mask = child[..., 0] | (own == ROOT)[None, :]
    graphs = Graphs(edges=edges, x=jnp.where(mask[..., None], trees.x, 0.0), mask=mask)
    return Batch(graphs=graphs, answers=everywhere(hub_mean(graphs), nodes), asked=at_root(len(trees.x), nodes))


class HubMean(GraphTask):
    """Absolute error at the root."""

    features: int = 5  # numbers of a node, the authors'
    children: int = 6  # of a root at most; the authors' 10
    hubs: int = 2  # at most, in training; the authors' 3
    more: int = 2  # hubs added in the second test set, the authors'
    trees: int = 1024  # training trees; the authors' 1000
    batch: int = 24  # trees a step
    width: int = 16  # of hidden layers

    steps = 400
    metrics = {
        "error": Metric(direction="min", about="mean absolute error, as a share of that of the mean answer"),
        "error_shifted": Metric(direction="min", about="the same with two more hubs a tree than in training"),
        "mae": Metric(direction="min", about="mean absolute error at the root"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(
            nodes=self.nodes(self.hubs),
            features=self.features,
            outputs=self.features,
            width=self.width,
            loss="absolute",
            reach=2,
        )

    def nodes(self, hubs: int) -> int:
        """At most in a tree with at most so many hubs."""
        return 1 + self.children + HUB_LEAVES * hubs + OTHER_LEAVES * (self.children - hubs)

    def grow(self, key: jax.Array, count: int, more: int) -> Trees:
        """`count` trees with `more` hubs than in training."""
        most = self.hubs + more
        nodes = self.nodes(most)
        drawn = uniforms(
            key,
            children=(count,),
            hubs=(count,),
            order=(count, self.children),
            leaves=(count, self.children),
            x=(count, nodes, self.features),
        )
        children = most + _below(drawn["children"], self.children + 1 - most)
        chosen = 1 + more + _below(drawn["hubs"], self.hubs)
        slot = jnp.arange(self.children)
        present = slot[None, :] < children[:, None]
        order = jnp.where(present, drawn["order"], 2.0)  # after all those that are there
        rank = (order[:, :, None] > order[:, None, :]).sum(-1)
        leaves = jnp.where(rank < chosen[:, None], HUB_LEAVES, 1 + _below(drawn["leaves"], OTHER_LEAVES))
        ends = jnp.cumsum(jnp.where(present, leaves, 0), axis=-1)
        leaf = jnp.arange(nodes - 1 - self.children)
        owner = (ends[:, None, :] <= leaf[None, :, None]).sum(-1)  # the first child whose leaves aren't used up
        own = jnp.broadcast_to(jnp.arange(nodes)[None, :], (count, nodes))
        up = jnp.concatenate(
            [
                jnp.zeros((count, 1), own.dtype),
                jnp.where(present, ROOT, own[:, 1 : self.children + 1]),
                jnp.where(owner < self.children, 1 + owner, own[:, self.children + 1 :]),
            ],
            axis=-1,
        )
        return Trees(parent=up, x=REACH * (2 * drawn["x"] - 1))

    def sample(self, key: jax.Array) -> World:
        """Training trees and both test sets."""
        a, b, c = jax.random.split(key, 3)
        return World(
            train=self.grow(a, self.trees, more=0),
            test=planted(self.grow(b, TESTED, more=0)),
            shifted=planted(self.grow(c, TESTED, more=self.more)),
        )

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        """A batch of the training trees."""
        chosen = jax.random.randint(key, (self.batch,), 0, self.trees)
        return world, planted(Trees(parent=world.train.parent[chosen], x=world.train.x[chosen]))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        mae = absolute_error(learner, world.test)
        shifted = absolute_error(learner, world.shifted)
        return {
            "error": mae / absolute_error(mean_answer(world.test), world.test),
            "error_shifted": shifted / absolute_error(mean_answer(world.shifted), world.shifted),
            "mae": mae,
        }

    def floor(self, world: World) -> Any:
        """The mean answer: 0, by symmetry."""
        return mean_answer(world.test)

    def oracle(self, world: World) -> Any:
        """The hubs' mean, as it is."""
        return speaks(lambda graphs: everywhere(hub_mean(graphs), graphs.x.shape[1]))


def _below(uniform: jax.Array, count: int) -> jax.Array:
    """Integers below `count` from uniform numbers."""
    return jnp.floor(uniform * count).astype(jnp.int32)


def absolute_error(learner: Any, batch: Batch) -> jax.Array:
    """Mean absolute error at the roots."""
    return jnp.abs(learner.predict(batch.graphs)[:, ROOT] - batch.answers[:, ROOT]).mean()


def mean_answer(batch: Batch) -> Any:
    """A learner that says 0 everywhere, the mean of all answers."""
    return speaks(lambda graphs: jnp.zeros((*graphs.mask.shape, batch.answers.shape[-1])))
