"""Embed the nodes of new graphs without labels; one embedding serves classes, links and clusters.

Nothing of the encoder is trained any further: classes are read by a ridge probe with five labels a class, links by a
small network on products of two nodes' vectors, fitted to the edges that are left, clusters by k-means.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Metric
from toybench.blocks import nn as networks
from toybench.blocks import optim, probes
from toybench.blocks.graphs import HIDDEN, known_nodes
from toybench.blocks.random import uniforms
from toybench.tasks.graph_transfer import Embedder, Graph
from toybench.tasks.graph_transfer._family import Family, Law, marginals

EACH = 5  # labels a class
REMOVED = 40  # edges to be found again, a tenth
FITTED = 240  # other edges, and as many pairs without one, that the link decoder is fitted to
DECODER = networks.MLP((16, 1))
DECODER_RATE = 0.01  # of Adam, GraphFM's value
DECODER_STEPS = 100  # of the whole batch
PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0)  # of the ridge probe, on embeddings of unit variance


class Links(NamedTuple):
    """Pairs of nodes of a test graph, int32 [.., 2] each: edges first, then as many pairs without one.

    Attributes:
      kept: the graph without the edges to be found, [n, n].
      fitted: what the decoder is fitted to.
      asked: what is to be told apart.
    """

    kept: jax.Array
    fitted: jax.Array
    asked: jax.Array


class World(NamedTuple):
    """Training graphs [g, ...], test graphs [t, ...] with all labels, their law, known nodes [t, draws, n], links."""

    train: Graph
    test: Graph
    law: Law
    known: jax.Array
    links: Links


def first_pairs(priority: jax.Array, count: int) -> jax.Array:
    """The pairs int32 [count, 2] of highest priority [n, n] above the diagonal."""
    size = priority.shape[0]
    _, places = jax.lax.top_k(jnp.triu(priority, 1).reshape(-1), count)
    return jnp.stack([places // size, places % size], axis=1)


def split_links(key: jax.Array, edges: jax.Array) -> Links:
    """Random edges and pairs without one, for fitting and asking."""
    noise = uniforms(key, edges=edges.shape, others=edges.shape)
    present = first_pairs(noise["edges"] * edges, REMOVED + FITTED)
    absent = first_pairs(noise["others"] * (1 - edges), REMOVED + FITTED)
    removed = jnp.zeros(edges.shape).at[present[:REMOVED, 0], present[:REMOVED, 1]].set(1.0)
    return Links(
        kept=edges - removed - removed.T,
        fitted=jnp.concatenate([present[REMOVED:], absent[REMOVED:]]),
        asked=jnp.concatenate([present[:REMOVED], absent[:REMOVED]]),
    )


def standardised(h: jax.Array) -> jax.Array:
    """Embeddings [n, h] with mean 0 and mean square 1 over all entries: axes keep their relative lengths."""
    centred = h - h.mean(0, keepdims=True)
    return centred / jnp.sqrt((centred**2).mean() + jnp.finfo(h.dtype).tiny)


def decode_links(key: jax.Array, h: jax.Array, links: Links) -> jax.Array:
    """Scores [a] of the asked pairs by a network on products of embeddings [n, h], fitted to the others."""

    def products(pairs: jax.Array) -> jax.Array:
        return h[pairs[:, 0]] * h[pairs[:, 1]]

    inputs = products(links.fitted)
    linked = (jnp.arange(2 * FITTED) < FITTED).astype(h.dtype)
    adam = optim.adam(DECODER_RATE)

    def loss(params: Any) -> jax.Array:
        return optax.sigmoid_binary_cross_entropy(DECODER.apply(params, inputs)[:, 0], linked).mean()

    def step(carry: tuple[Any, Any], _: None) -> tuple[tuple[Any, Any], None]:
        params, memory = carry
        return optim.descend(adam, jax.grad(loss)(params), memory, params), None

    start = networks.init(DECODER, key, inputs)
    after, _ = jax.lax.scan(step, (start, adam.init(start)), None, length=DECODER_STEPS)
    return DECODER.apply(after[0], products(links.asked))[:, 0]


class FrozenEmbeddings(Family):
    """Three uses of one embedding."""

    draws: int = 3  # choices of labelled nodes a test graph

    interface = Embedder
    metrics = {
        "probe_accuracy": Metric("max", "share of hidden labels that a ridge probe gets right, 5 labels a class"),
        "link_auc": Metric("max", "chance that a removed edge scores above a pair without one"),
        "cluster_nmi": Metric("max", "normalised mutual information of k-means clusters and classes"),
    }

    def sample(self, key: jax.Array) -> World:
        for_graphs, for_labels, for_links = jax.random.split(key, 3)
        train, test, law = self.draw_graphs(for_graphs)
        keys = jax.random.split(for_labels, (self.tests, self.draws))
        known = jax.vmap(lambda keys, y: jax.vmap(lambda key: known_nodes(key, y, EACH))(keys))(keys, test.y)
        links = jax.vmap(split_links)(jax.random.split(for_links, self.tests), test.edges)
        return World(train=train, test=test, law=law, known=known, links=links)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        for_clusters, for_decoder = jax.random.split(key)

        def measure(graph: Graph, known: jax.Array, links: Links) -> dict[str, jax.Array]:
            hidden = graph._replace(y=jnp.full_like(graph.y, HIDDEN))
            h = standardised(learner.embed(hidden))
            rest = standardised(learner.embed(hidden._replace(edges=links.kept)))
            asked = (jnp.arange(2 * REMOVED) < REMOVED).astype(h.dtype)
            clusters = probes.k_means(for_clusters, h, self.classes)
            accuracy = jax.vmap(lambda known: self.probe_accuracy(h, graph.y, known))(known)
            return {
                "probe_accuracy": accuracy.mean(),
                "link_auc": probes.auc(decode_links(for_decoder, rest, links), asked),
                "cluster_nmi": probes.normalised_mutual_information(clusters, graph.y, self.classes, self.classes),
            }

        each = jax.vmap(measure)(world.test, world.known, world.links)
        return jax.tree.map(jnp.mean, each)

    def probe_accuracy(self, h: jax.Array, labels: jax.Array, known: jax.Array) -> jax.Array:
        """Share of the other labels that a ridge probe on embeddings [n, h] with the `known` [n] gets right."""
        targets = jax.nn.one_hot(labels, self.classes)
        weights, _ = probes.ridge_by_folds(h, targets, known, jnp.asarray(PENALTIES))
        right = (probes.apply_ridge(weights, h).argmax(1) == labels).astype(h.dtype)
        return (right * (1 - known)).sum() / (1 - known).sum()

    def floor(self, world: World) -> Any:
        """The features alone, without the graph."""
        return SimpleNamespace(embed=lambda graph: graph.x)

    def oracle(self, world: World) -> Any:
        """Class probabilities by belief propagation with the true law."""
        return SimpleNamespace(embed=lambda graph: marginals(world.test, world.law, graph))
