"""Chains of blocks of six kinds; a family is a mixture of kinds and a way to wire blocks. Operators tell nothing.

Isolates what a graph's wiring tells: within blocks (plain, residual, bottleneck, dense, inception-like, gated) and
between them (a chain, long skips, two towers). Operators are drawn alike for all families, and anew whenever a graph is
shown, unless `renamed` is false: then a network can tell graphs apart by them, and learns them by heart.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.tasks.architecture_retrieval import (
    Batch,
    Embeddings,
    Graphs,
    Spec,
    first_hits,
    first_others,
    places,
    speaks,
)

LARGEST = 6  # nodes of a block at most
NEAR = 5  # the recall is that of the nearest five
WIRINGS = 3  # a chain; with skips over two blocks; two towers side by side
LEAST = 5  # blocks of a graph
SKIP = 3  # blocks back, from which a skip comes
BLOCKS: tuple[tuple[tuple[int, ...], ...], ...] = (  # for every node of a block those of the block that it reads
    ((), (0,), (1,)),  # plain
    ((), (0,), (1,), (0, 2)),  # residual
    ((), (0,), (1,), (2,), (0, 3)),  # bottleneck
    ((), (0,), (0, 1), (0, 1, 2)),  # dense
    ((), (0,), (0,), (2,), (0,), (1, 3, 4)),  # inception-like: branches of one, two and one nodes
    ((), (0,), (0,), (1, 2)),  # gated: two branches, multiplied
)


class World(NamedTuple):
    """Graphs of the database, those that ask, and a random number for each of them, [m + q]."""

    database: Batch
    queries: Batch
    noise: jax.Array


def templates() -> jax.Array:
    """Edges [6, LARGEST, LARGEST] within blocks."""
    reads = jnp.zeros((len(BLOCKS), LARGEST, LARGEST))
    pairs = [(k, i, j) for k, block in enumerate(BLOCKS) for i, told in enumerate(block) for j in told]
    return reads.at[tuple(jnp.array(pairs).T)].set(1.0)


def wired(kinds: jax.Array, count: jax.Array, wiring: jax.Array, nodes: int) -> tuple[jax.Array, jax.Array]:
    """(edges [n, n], mask [n]) of one graph.

    Blocks of `kinds`, int32 [l], of which the first `count` are there, as far as they fit. The first node of a block
    reads the last one of the block before; with skips also that of three blocks before; in towers that of two before.
    """
    sizes = jnp.array([len(block) for block in BLOCKS])[kinds]
    ends = jnp.cumsum(sizes)
    there = (jnp.arange(len(kinds)) < count) & (ends <= nodes)
    node = jnp.arange(nodes)
    block = (ends[None, :] <= node[:, None]).sum(-1)
    mask = node < jnp.where(there, ends, 0).max()
    block = jnp.minimum(block, len(kinds) - 1)
    place = node - (ends - sizes)[block]
    local = jnp.minimum(place, LARGEST - 1)
    inside = templates()[kinds[block][:, None], local[:, None], local[None, :]]
    same = block[:, None] == block[None, :]
    enters = (place == 0)[:, None] & (node == ends[block] - 1)[None, :]
    back = block[:, None] - block[None, :]
    step = jnp.where((wiring == 2) & (block > 1), 2, 1)
    between = enters & ((back == step[:, None]) | ((wiring == 1) & (back == SKIP)))
    edges = jnp.where(same, inside, between.astype(inside.dtype))
    both = mask[:, None] & mask[None, :]
    return jnp.where(both, edges, 0.0), mask.astype(inside.dtype)


class ArchitectureFamilies(Task):
    """Whether the nearest graphs of the database are of a query's family."""

    families: int = 8
    known: int = 12  # graphs of a family in the database
    asked: int = 4  # graphs of a family that ask
    blocks: int = 7  # of a graph at most; 5 at least
    nodes: int = 32  # of a graph at most
    operators: int = 10
    renamed: bool = True  # whether a graph has other operators each time it is shown
    batch: int = 16  # graphs a step
    width: int = 16  # of hidden layers

    steps = 600
    checkpoints = 1
    interface = Embeddings
    metrics = {
        "mrr": Metric(direction="max", about="mean of one over the place of the first graph of the family"),
        "mrr_known": Metric(direction="max", about="the same, where graphs of the database ask for one another"),
        "recall_at_5": Metric(direction="max", about="share of the nearest five that are of the family"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(
            nodes=self.nodes,
            operators=self.operators,
            families=self.families,
            width=self.width,
            batch=self.batch,
        )

    def sample(self, key: jax.Array) -> World:
        """Mixtures and wirings of families, and graphs of each, which are told apart by chance alone."""
        graphs = self.families * (self.known + self.asked)
        drawn = uniforms(
            key,
            mixture=(self.families, len(BLOCKS)),
            wiring=(self.families,),
            kinds=(graphs, self.blocks),
            count=(graphs,),
            operators=(graphs, self.nodes),
            noise=(graphs,),
        )
        shares = -jnp.log1p(-drawn["mixture"])  # exponential, so that the shares are uniform on the simplex
        shares = jnp.cumsum(shares / shares.sum(-1, keepdims=True), axis=-1)
        family = jnp.arange(graphs) % self.families
        kinds = (drawn["kinds"][:, :, None] > shares[family][:, None, :-1]).sum(-1)
        count = LEAST + jnp.floor(drawn["count"] * (self.blocks + 1 - LEAST)).astype(jnp.int32)
        wiring = jnp.floor(drawn["wiring"] * WIRINGS).astype(jnp.int32)[family]
        edges, mask = jax.vmap(lambda k, c, w: wired(k, c, w, self.nodes))(kinds, count, wiring)
        every = Batch(graphs=Graphs(edges=edges, x=self.named(drawn["operators"], mask), mask=mask), family=family)
        cut = self.families * self.known
        return World(
            database=jax.tree.map(lambda leaf: leaf[:cut], every),
            queries=jax.tree.map(lambda leaf: leaf[cut:], every),
            noise=drawn["noise"],
        )

    def named(self, drawn: jax.Array, mask: jax.Array) -> jax.Array:
        """Operators, one-hot [b, n, o], from random numbers [b, n]."""
        operators = jnp.floor(drawn * self.operators).astype(jnp.int32)
        return jax.nn.one_hot(operators, self.operators) * mask[..., None]

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        """Graphs of the database, drawn with replacement."""
        count = len(world.database.family)
        drawn = uniforms(key, chosen=(self.batch,), operators=(self.batch, self.nodes))
        chosen = jnp.minimum(jnp.floor(drawn["chosen"] * count).astype(jnp.int32), count - 1)
        batch = jax.tree.map(lambda leaf: leaf[chosen], world.database)
        x = self.named(drawn["operators"], batch.graphs.mask) if self.renamed else batch.graphs.x
        return world, batch._replace(graphs=batch.graphs._replace(x=x))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        database = learner.embed_graphs(world.database.graphs)
        queries = learner.embed_graphs(world.queries.graphs)
        alike = world.queries.family[:, None] == world.database.family[None, :]
        known = world.database.family[:, None] == world.database.family[None, :]
        near = places(queries, database) <= NEAR
        return {
            "mrr": (1 / first_hits(queries, database, alike)).mean(),
            "mrr_known": (1 / first_others(database, known)).mean(),
            "recall_at_5": (near & alike).sum(-1).astype(jnp.float32).mean() / NEAR,
        }

    def floor(self, world: World) -> Any:
        """A random order."""
        cut = len(world.database.family)
        return speaks(lambda graphs: (world.noise[:cut] if len(graphs.x) == cut else world.noise[cut:])[:, None])

    def oracle(self, world: World) -> Any:
        """Knows families, and orders a family's graphs at random."""
        cut = len(world.database.family)

        def known(graphs: Graphs) -> jax.Array:
            inside = len(graphs.x) == cut
            family = world.database.family if inside else world.queries.family
            noise = world.noise[:cut] if inside else world.noise[cut:]
            apart = 2 * jax.nn.one_hot(family, self.families)  # further apart than any two random numbers
            return jnp.concatenate([apart, noise[:, None]], axis=-1)

        return speaks(known)
