"""Is there a path? Deciding at once, against writing a path and seeing whether it arrives.

Isolates stepwise inference. The texts are those of `fixed_dag`, with half of the pairs in them. `graph="bernoulli"`:
new pairs at any distance, of which most were nearly seen. `graph="layered"`: eight layers of five nodes, edges to the
next layer alone, and texts of at most three edges; new pairs are farther apart, so that each path has to be stitched.
Pairs with and without a path are matched: by their layers' difference, or by their places in the graph's order.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import random
from toybench.blocks.discrete_graphs import closure
from toybench.errors import UsageError
from toybench.tasks.path_models import Corpus, Decider, Texts, TextSpec
from toybench.tasks.path_models._dags import (
    WALKS,
    Graph,
    Pairs,
    bernoulli_edges,
    choose,
    draw_texts,
    layered_edges,
    matched,
    mean,
    named,
    write_corpus,
)

LAYERS = 8
WIDTH = 5  # nodes of a layer
LAYER_CHANCE = 0.3  # of an edge to a node of the next layer; about half of the pairs have a path at any distance
NODES = 30  # of a Bernoulli graph
CHANCE = 0.15  # of an edge to a later node there
BINS = 5  # of the distance in the graph's order, by which pairs are matched
LONGEST = 7  # edges of a path at most
JUDGED = 48  # pairs with and without a path at most
BATCH = 32  # texts a step
NONE_SHARE = 0.2  # of the texts


class World(NamedTuple):
    """The graph, its texts, and new pairs with a path and without one."""

    graph: Graph
    corpus: Corpus
    linked: Pairs
    apart: Pairs


class Verdicts(NamedTuple):
    """A reference with its answers in a table bool [n, n]."""

    table: jax.Array

    def decide(self, prompt: jax.Array) -> jax.Array:
        """Reads the table."""
        return self.table[prompt[:, 0], prompt[:, 1]]


class Reachability(Task):
    """Pairs of nodes, asked whether there is a path."""

    graph: str = "bernoulli"  # or "layered"
    train_length: int = 3  # edges of the longest path in the texts of a layered graph

    interface = Decider
    steps = 900
    checkpoints = 1
    metrics = {
        "decision_accuracy": Metric("max", "share of right decisions, mean of pairs with and without a path"),
        "linked_accuracy": Metric("info", "the same of pairs with a path"),
    }

    @property
    def spec(self) -> TextSpec:
        if self.graph not in ("bernoulli", "layered"):
            raise UsageError(f"graph is {self.graph!r}; use bernoulli or layered.")
        nodes = LAYERS * WIDTH if self.graph == "layered" else NODES
        return TextSpec(nodes=nodes, longest=LONGEST, none_share=NONE_SHARE)

    def sample(self, key: jax.Array) -> World:
        n = self.spec.nodes
        drawn = random.uniforms(
            key,
            edges=(n, n),
            names=(n,),
            taught=(n, n),
            walks=(LONGEST, n, n, WALKS),
            linked=(n, n),
            apart=(n, n),
        )
        if self.graph == "layered":
            rank = jnp.arange(n) // WIDTH
            edges = layered_edges(drawn["edges"], LAYER_CHANCE, rank)
        else:
            rank = jnp.arange(n)
            edges = bernoulli_edges(drawn["edges"], CHANCE)
        graph = named(edges, rank, drawn["names"], LONGEST)
        ahead = graph.rank[None, :] - graph.rank[:, None]
        near = ahead <= self.train_length if self.graph == "layered" else drawn["taught"] < 1 / 2
        kind = ahead if self.graph == "layered" else ahead * BINS // n
        reach = graph.within[-1] & (ahead > 0)
        barred = ~closure(graph.edges.astype(jnp.float32)) & (ahead > 0)
        taught = reach & (graph.edges | near)
        linked = choose(reach & ~taught, drawn["linked"], JUDGED)
        apart = choose(barred & ~near, drawn["apart"], JUDGED)
        linked, apart = matched(linked, apart, kind, LAYERS)
        return World(
            graph=graph,
            corpus=write_corpus(graph, taught, barred & near, drawn["walks"], self.spec),
            linked=linked,
            apart=apart,
        )

    def given(self, world: World) -> Corpus:
        return world.corpus

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Texts]:
        return world, draw_texts(world.corpus, jax.random.uniform(key, (BATCH,)))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        said = learner.decide(jnp.concatenate([world.linked.prompt, world.apart.prompt]))
        linked = mean(said[:JUDGED], world.linked.weight)
        apart = mean(~said[JUDGED:], world.apart.weight)
        return {"decision_accuracy": (linked + apart) / 2, "linked_accuracy": linked}

    def floor(self, world: World) -> Verdicts:
        """There always is one."""
        return Verdicts(table=jnp.ones_like(world.graph.edges))

    def oracle(self, world: World) -> Verdicts:
        """Knows the graph."""
        return Verdicts(table=world.graph.within[-1])
