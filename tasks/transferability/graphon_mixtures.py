"""Rate 15 corpora, of two out of six graphons each, for downstream sets that are mixtures of five of them.

Isolates whether a mixture of a corpus' graphons that is near to the downstream one says what pre-training gains. A
graphon gives the chance of an edge between any two places from 0 to 1; a node's class is the third that its place is
in. All graphons have one density, and expected degrees fall with the place, but for the seam of the ring. A corpus has
6 graphs of each of two graphons, a downstream set 24 graphs of one random mixture, in the hull of few corpora. The
sixth graphon is uniform and has no classes, so that it is in corpora only.

The gain is measured: accuracy with three labels a class of a ridge probe on two directions pre-trained on the corpus,
less that of one on all features, mean of 24 graphs and 8 choices of labels. `reliability` is its split-half
correlation over graphs, stepped up to all of them: no score can be expected to exceed its root. Accuracy from scratch
is one number for all corpora, so that it moves no score within a downstream set. `told` is the correlation that the
true distance to the hull has, `blind` that of what a corpus gains on the other downstream sets.

The oracle is the measured gain, the floor a random score.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks import probes
from toybench.blocks.graphs import known_nodes
from toybench.blocks.random import uniforms
from toybench.tasks.transferability import Scorer, Spec
from toybench.tasks.transferability._encoder import node_features, pretrained, probe_accuracy, untrained

KINDS = 6
CLASSES = 3
PAIRS = np.stack(np.triu_indices(KINDS, 1), axis=1)  # kinds of a corpus
ASSORTATIVE = np.array([[0.7, 0.05, 0.05], [0.05, 0.45, 0.05], [0.05, 0.05, 0.25]])
DISASSORTATIVE = np.array([[0.05, 0.55, 0.35], [0.55, 0.05, 0.15], [0.35, 0.15, 0.05]])
CORE = np.array([[0.8, 0.35, 0.25], [0.35, 0.1, 0.05], [0.25, 0.05, 0.02]])
NARROW = 0.06  # reach of the ring's thin end, and how much it grows to the thick one
WIDER = 0.1
LINKED = 0.9  # chance of an edge within the ring's reach, and beyond it
UNLINKED = 0.03
OFFSET = 0.25  # of the power law (offset + slope u)^-1 (offset + slope v)^-1
SLOPE = 2.0
GRID = 60  # places at which mean densities and distances of graphons are computed


def midpoints() -> jax.Array:
    """Places [grid] in the middle of equal intervals."""
    return (jnp.arange(GRID, dtype=jnp.float32) + 1 / 2) / GRID


def graphons(places: jax.Array, density: float) -> jax.Array:
    """Chances [kinds, i, i] of an edge between places [i], of every kind, scaled to one mean density."""
    scale = density / shapes(midpoints()).mean((1, 2))
    return jnp.clip(shapes(places) * scale[:, None, None], 0.0, 1.0)


def shapes(u: jax.Array) -> jax.Array:
    """The six kinds [kinds, i, i] at places [i] before they are scaled."""
    third = classes_of(u)
    tables = jnp.asarray(np.stack([ASSORTATIVE, DISASSORTATIVE, CORE]), u.dtype)
    blocks = tables[:, third][:, :, third]
    apart = jnp.abs(u[:, None] - u[None, :])
    reach = NARROW + WIDER * (1 - (u[:, None] + u[None, :]) / 2)
    ring = jnp.where(jnp.minimum(apart, 1 - apart) < reach, LINKED, UNLINKED)
    fame = 1 / (OFFSET + SLOPE * u)
    rest = jnp.stack([ring, fame[:, None] * fame[None, :], jnp.ones_like(apart)])
    return jnp.concatenate([blocks, rest])


def classes_of(u: jax.Array) -> jax.Array:
    """The third, int32 [i], that a place [i] lies in."""
    return jnp.clip(jnp.floor(u * CLASSES), 0, CLASSES - 1).astype(jnp.int32)


class World(NamedTuple):
    """Corpora, downstream sets, gains, and what the truth and luck would score.

    Attributes:
      corpora: edges [m, 2, g, n, n].
      downstream: edges [q, t, n, n] of q sets.
      gains: of every test graph [q, m, t].
      told: less the distance of the true downstream graphon from the corpus' true hull [q, m].
      luck: uniform numbers [q, m].
    """

    corpora: jax.Array
    downstream: jax.Array
    gains: jax.Array
    told: jax.Array
    luck: jax.Array


class GraphonMixtures(Task):
    """Fifteen corpora, eight downstream sets."""

    nodes: int = 32  # of every graph
    density: float = 0.2  # mean chance of an edge, before it is clipped at 1
    each: int = 6  # graphs of a source of a corpus
    sets: int = 8  # downstream
    tests: int = 24  # graphs of a downstream set
    labels: int = 3  # a class
    choices: int = 8  # of labelled nodes a graph
    directions: int = 2  # of the encoder
    concentration: float = 0.15  # of the Dirichlet distribution of mixtures, above 0; small means nearly pure

    interface = Scorer
    steps = 0
    checkpoints = 1
    metrics = {
        "correlation": Metric("max", "Pearson's, of scores and gains over corpora, mean over downstream sets"),
        "rank_correlation": Metric("max", "Spearman's, of scores and gains over all pairs"),
        "behind": Metric("min", "what the correlation lacks to that of the true distance to the hull"),
        "selected": Metric("max", "gain of the corpus of the highest score: 0 as a random one, 1 as the best one"),
        "reliability": Metric("info", "split-half correlation of gains over corpora, stepped up to all graphs"),
        "told": Metric("info", "Pearson's correlation of gains with true nearness to the hull"),
        "blind": Metric("info", "Pearson's correlation of gains with mean gains on the other downstream sets"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(corpora=len(PAIRS), sources=2, nodes=self.nodes)

    def sample(self, key: jax.Array) -> World:
        """Graphs, and gains by pre-training on all corpora."""
        for_graphs, for_mixtures, for_labels = jax.random.split(key, 3)
        count = len(PAIRS)
        noise = uniforms(
            for_graphs,
            corpora=(count * 2 * self.each, self.nodes, self.nodes + 2),
            downstream=(self.sets * self.tests, self.nodes, self.nodes + 2),
            views=(count, 2, 2 * self.each, self.nodes, self.nodes),
            luck=(self.sets, count),
        )
        mixtures = jax.random.dirichlet(for_mixtures, jnp.full(KINDS - 1, self.concentration), (self.sets,))
        mixtures = jnp.pad(mixtures, ((0, 0), (0, 1)))  # nothing of the uniform one
        pure = jnp.repeat(jnp.eye(KINDS)[PAIRS.reshape(-1)], self.each, axis=0)
        corpora, _ = jax.vmap(self.graph)(noise["corpora"], pure)
        corpora = corpora.reshape(count, 2, self.each, self.nodes, self.nodes)
        mixed = jnp.repeat(mixtures, self.tests, axis=0)
        downstream, y = jax.vmap(self.graph)(noise["downstream"], mixed)
        downstream = downstream.reshape(self.sets, self.tests, self.nodes, self.nodes)
        gains = self.gains(corpora, noise["views"], downstream, y.reshape(self.sets, self.tests, -1), for_labels)
        told = -jax.vmap(lambda mixture: self.hull_distance(mixture))(mixtures)
        return World(corpora=corpora, downstream=downstream, gains=gains, told=told, luck=noise["luck"])

    def graph(self, noise: jax.Array, mixture: jax.Array) -> tuple[jax.Array, jax.Array]:
        """(edges [n, n], classes int32 [n]) of one graph of a mixture [kinds]; places are spread evenly, in any order.

        Numbers [n, n + 2] decide edges, where a node lies in its interval, and the order.
        """
        stratum = jnp.argsort(jnp.argsort(noise[:, -1])).astype(noise.dtype)
        places = (stratum + noise[:, -2]) / self.nodes
        chance = jnp.tensordot(mixture, graphons(places, self.density), 1)
        upper = jnp.triu(noise[:, : self.nodes] < chance, 1).astype(noise.dtype)
        return upper + upper.T, classes_of(places)

    def gains(
        self, corpora: jax.Array, noise: jax.Array, downstream: jax.Array, y: jax.Array, key: jax.Array
    ) -> jax.Array:
        """Accuracy after pre-training less accuracy from scratch, [q, m, t]."""
        whole = corpora.reshape(len(corpora), -1, self.nodes, self.nodes)
        encoders = jax.vmap(lambda graphs, views: pretrained(graphs, views, self.directions))(whole, noise)
        x = jax.vmap(jax.vmap(node_features))(downstream)
        keys = jax.random.split(key, (self.sets, self.tests, self.choices))
        choose = jax.vmap(known_nodes, (0, None, None))
        known = jax.vmap(jax.vmap(lambda keys, y: choose(keys, y, self.labels)))(keys, y)

        def accuracy(z: jax.Array, y: jax.Array, known: jax.Array) -> jax.Array:
            return jax.vmap(lambda known: probe_accuracy(z, y, known, CLASSES))(known).mean()

        every = jax.vmap(jax.vmap(accuracy))
        scratch = jax.vmap(lambda x: untrained(x.reshape(-1, x.shape[-1])))(x)
        raw = (x - scratch.mean[:, None, None]) @ scratch.directions[:, None]

        def after(mean: jax.Array, directions: jax.Array) -> jax.Array:
            z = (x - mean[None, None, None]) @ directions
            return every(z / z.std((1, 2), keepdims=True), y, known)

        trained = jax.vmap(after)(encoders.mean, encoders.directions)
        return jnp.swapaxes(trained, 0, 1) - every(raw, y, known)[:, None]

    def hull_distance(self, mixture: jax.Array) -> jax.Array:
        """Root mean square distance [m] of a mixture's graphon from the segment between a corpus' two."""
        kinds = graphons(midpoints(), self.density)
        target = jnp.tensordot(mixture, kinds, 1)
        first = kinds[PAIRS[:, 0]]
        way = kinds[PAIRS[:, 1]] - first
        share = ((target[None] - first) * way).sum((1, 2)) / (way**2).sum((1, 2))
        nearest = first + jnp.clip(share, 0.0, 1.0)[:, None, None] * way
        return jnp.sqrt(((target[None] - nearest) ** 2).mean((1, 2)))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        scores = jax.vmap(lambda graphs: learner.feasibility(world.corpora, graphs))(world.downstream)
        gains = world.gains.mean(2)
        halves = pearson(world.gains[:, :, ::2].mean(2), world.gains[:, :, 1::2].mean(2)).mean()
        chosen = jnp.take_along_axis(gains, scores.argmax(1)[:, None], axis=1)[:, 0]
        usual = gains.mean(1).sum()
        elsewhere = (gains.sum(0)[None] - gains) / (self.sets - 1)
        told = pearson(world.told, gains).mean()
        correlation = pearson(scores, gains).mean()
        return {
            "correlation": correlation,
            "rank_correlation": probes.spearman(scores.reshape(-1), gains.reshape(-1)),
            "behind": told - correlation,
            "selected": (chosen.sum() - usual) / (gains.max(1).sum() - usual),
            "reliability": 2 * halves / (1 + halves),
            "told": told,
            "blind": pearson(elsewhere, gains).mean(),
        }

    def floor(self, world: World) -> Any:
        """A random score."""
        return SimpleNamespace(feasibility=lambda corpora, graphs: world.luck[which(world, graphs)])

    def oracle(self, world: World) -> Any:
        """The gains themselves."""
        return SimpleNamespace(feasibility=lambda corpora, graphs: world.gains[which(world, graphs)].mean(1))


def which(world: World, graphs: jax.Array) -> jax.Array:
    """The downstream set int32 [] that graphs [t, n, n] are."""
    return jnp.abs(world.downstream - graphs[None]).sum((1, 2, 3)).argmin()


def pearson(a: jax.Array, b: jax.Array) -> jax.Array:
    """Correlation [...] over the last axis; 0 where one of them is constant."""
    a = a - a.mean(-1, keepdims=True)
    b = b - b.mean(-1, keepdims=True)
    lengths = jnp.sqrt((a**2).sum(-1) * (b**2).sum(-1))
    return jnp.where(lengths > 0, (a * b).sum(-1) / jnp.where(lengths > 0, lengths, 1.0), 0.0)
