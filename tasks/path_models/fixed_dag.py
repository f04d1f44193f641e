"""Paths between new pairs of nodes of a graph known from text: what if no single text shows the way?

Isolates reachability by transitivity. A directed acyclic graph of 30 nodes; the text holds every edge as a path, and
ten random paths of each linked pair and of a fifth of the other pairs with a path. New pairs are of two kinds, equally
far apart: *observed*, some first step was seen on the way to this goal; and *transitive*, the way has to be joined from
several texts. A path is valid if it runs along at most six edges from the source to the goal. Texts that
say "none" come along.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import probes, random
from toybench.blocks.discrete_graphs import closure
from toybench.tasks.path_models import Corpus, Texts, TextSpec, Walker, generate, tables
from toybench.tasks.path_models._dags import (
    WALKS,
    Graph,
    Pairs,
    bernoulli_edges,
    choose,
    draw_texts,
    expected_edges,
    matched,
    mean,
    named,
    write_corpus,
)

JUDGED = 24  # pairs of each kind at most
SAMPLES = 8  # paths of such a pair
TEMPERATURES = (0.5, 1.0, 2.0)  # at which paths are sampled
NONE_SHARE = 0.2  # of the texts
BATCH = 32  # texts a step
BLOCKED = -1e9  # the logit of a step that a reference never takes
FAR = 50.0  # nats under the likeliest step: all that is less likely counts as this
LEAST = 0.1  # nats: of a smaller effect no share is taken
TURNS = 60  # of taking means out; a test compares with dense least squares
RIDGE = 1e-4  # for a world that lacks a kind


class World(NamedTuple):
    """The graph, its texts, new pairs, and the mean length of a text's path for each pair, [n, n]."""

    graph: Graph
    corpus: Corpus
    observed: Pairs
    transitive: Pairs
    walk_edges: jax.Array


class Rules(NamedTuple):
    """A reference that steps uniformly among what is allowed: bool [current, goal, next]."""

    allowed: jax.Array

    def next_node(self, prompt: jax.Array, path: jax.Array, length: jax.Array) -> jax.Array:
        """Logits of 0 where allowed; they say the source first."""
        goals = prompt[:, 1]
        current = jnp.where(length == 0, prompt[:, 0], path[:, length - 1])
        onward = jnp.where(self.allowed[current, goals], 0.0, BLOCKED)
        first = jnp.where(jax.nn.one_hot(prompt[:, 0], onward.shape[1], dtype=bool), 0.0, BLOCKED)
        chosen = jnp.where(length == 0, first, onward)
        return jnp.pad(chosen, ((0, 0), (0, 1)), constant_values=BLOCKED)


class Judged(NamedTuple):
    """Of each path: is it valid, bool [b]; its number of edges, int32 [b]; itself, int32 [b, m], -1 after its goal."""

    valid: jax.Array
    edges: jax.Array
    path: jax.Array


class FixedDag(Task):
    """Pairs of nodes, asked for a path."""

    nodes: int = 30  # of the graph; 100 in the authors' data
    edge_chance: float = 0.15  # of an edge from a node to a later one; 0.1 in the authors' data
    share: float = 0.2  # of the pairs with a path but no edge whose paths are in the text; 0.5 in the authors' data
    longest: int = 6  # edges of a path at most

    interface = Walker
    steps = 900
    checkpoints = 1
    metrics = {
        "valid": Metric("max", "share of greedy paths that are valid, mean of observed and transitive pairs"),
        "observed_valid": Metric("max", "the same of observed pairs"),
        "transitive_valid": Metric("max", "the same of transitive pairs"),
        "valid_gap": Metric("info", "observed_valid - transitive_valid"),
        "sampled_valid": Metric("max", "share of paths sampled at temperature 1 that are valid, mean of both kinds"),
        "sampled_gap": Metric("zero", "the same, observed pairs minus transitive ones"),
        "valid_drop": Metric("info", "sampled validity at temperature 0.5 minus that at temperature 2"),
        "distinct_valid": Metric("info", "different valid paths among 8 sampled ones"),
        "distinct_gain": Metric("info", "different valid paths at temperature 2 minus those at temperature 0.5"),
        "length_excess": Metric("min", "edges of sampled valid paths minus the mean of the text's law for the pair"),
        "adjacency_auc": Metric("info", "AUC of the first step's logits, mean over linked goals, against edges"),
        "reach_gap": Metric(
            "info", "logit of successors seen to reach the goal over others that do, at equal edges, nats"
        ),
        "unseen_share": Metric("info", "the latter's over useless successors, as a share of the seen ones' over these"),
    }

    @property
    def spec(self) -> TextSpec:
        return TextSpec(nodes=self.nodes, longest=self.longest, none_share=NONE_SHARE)

    def sample(self, key: jax.Array) -> World:
        n = self.nodes
        drawn = random.uniforms(
            key,
            edges=(n, n),
            names=(n,),
            taught=(n, n),
            denied=(n, n),
            walks=(self.longest, n, n, WALKS),
            observed=(n, n),
            transitive=(n, n),
        )
        rank = jnp.arange(n)
        graph = named(bernoulli_edges(drawn["edges"], self.edge_chance), rank, drawn["names"], self.longest)
        reach = graph.within[-1] & ~jnp.eye(n, dtype=bool)
        taught = reach & (graph.edges | (drawn["taught"] < self.share))
        denied = (
            (graph.rank[:, None] < graph.rank[None, :])
            & ~closure(graph.edges.astype(jnp.float32))
            & (drawn["denied"] < 1 / 2)
        )
        corpus = write_corpus(graph, taught, denied, drawn["walks"], self.spec)
        _, reached = tables(corpus, self.spec)
        shown = (graph.edges.astype(jnp.float32) @ reached.T.astype(jnp.float32)) > 0
        observed = choose(reach & ~taught & shown, drawn["observed"], JUDGED)
        transitive = choose(reach & ~taught & ~shown, drawn["transitive"], JUDGED)
        observed, transitive = matched(observed, transitive, graph.distance(), self.longest + 2)
        return World(
            graph=graph,
            corpus=corpus,
            observed=observed,
            transitive=transitive,
            walk_edges=expected_edges(graph),
        )

    def given(self, world: World) -> Corpus:
        return world.corpus

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Texts]:
        return world, draw_texts(world.corpus, jax.random.uniform(key, (BATCH,)))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        greedy, sampled = self.written(world, key, learner)
        observed = mean(greedy.valid[:JUDGED], world.observed.weight)
        transitive = mean(greedy.valid[JUDGED:], world.transitive.weight)
        return {
            "valid": (observed + transitive) / 2,
            "observed_valid": observed,
            "transitive_valid": transitive,
            "valid_gap": observed - transitive,
            **self.sampling(world, sampled),
            **self.first_steps(world, learner),
        }

    def written(self, world: World, key: jax.Array, learner: Any) -> tuple[Judged, Judged]:
        """Greedy paths of all pairs [2 JUDGED], and sampled ones [temperatures, 2 JUDGED, SAMPLES].

        One run of the learner writes all of them; the three temperatures have the same noise.
        """
        prompt = jnp.concatenate([world.observed.prompt, world.transitive.prompt])
        asked = jnp.concatenate([prompt, jnp.tile(jnp.repeat(prompt, SAMPLES, axis=0), (len(TEMPERATURES), 1))])
        gumbel = jax.random.gumbel(key, (self.longest, 2 * JUDGED * SAMPLES, self.nodes + 1))
        silent = jnp.zeros((self.longest, len(prompt), self.nodes + 1))
        noise = jnp.concatenate([silent, *(temperature * gumbel for temperature in TEMPERATURES)], axis=1)
        path = generate(learner.next_node, self.spec, asked, noise)
        said = judge(path, asked, world.graph.edges)
        greedy = jax.tree.map(lambda leaf: leaf[: len(prompt)], said)
        shape = (len(TEMPERATURES), 2 * JUDGED, SAMPLES)
        return greedy, jax.tree.map(lambda leaf: leaf[len(prompt) :].reshape(*shape, *leaf.shape[1:]), said)

    def sampling(self, world: World, said: Judged) -> dict[str, jax.Array]:
        """What is said of sampled paths."""
        weight = jnp.concatenate([world.observed.weight, world.transitive.weight])  # of the same sum
        prompt = jnp.concatenate([world.observed.prompt, world.transitive.prompt])
        rates = said.valid.astype(jnp.float32).mean(2)  # [temperatures, pairs]
        counts = distinct(said).sum(2)
        expected = world.walk_edges[prompt[:, 0], prompt[:, 1]]
        excess = said.edges[1].astype(jnp.float32) - expected[:, None]
        heavy = weight[:, None] * said.valid[1].astype(jnp.float32)
        return {
            "sampled_valid": mean(rates[1], weight),
            "sampled_gap": mean(rates[1, :JUDGED], weight[:JUDGED]) - mean(rates[1, JUDGED:], weight[JUDGED:]),
            "valid_drop": mean(rates[0] - rates[2], weight),
            "distinct_valid": mean(counts[1], weight),
            "distinct_gain": mean(counts[2] - counts[0], weight),
            "length_excess": mean(excess.reshape(-1), heavy.reshape(-1)),
        }

    def first_steps(self, world: World, learner: Any) -> dict[str, jax.Array]:
        """What the logits of the first step know, for all sources and goals."""
        n = self.nodes
        names = jnp.arange(n, dtype=jnp.int32)
        prompt = jnp.stack(jnp.broadcast_arrays(names[:, None], names[None, :]), axis=-1).reshape(-1, 2)
        path = jnp.pad(prompt[:, :1], ((0, 0), (0, self.longest)))
        logits = learner.next_node(prompt, path, jnp.asarray(1))[:, :n].reshape(n, n, n)  # [source, goal, next]
        logits = jnp.maximum(logits, logits.max(2, keepdims=True) - FAR)
        edges = world.graph.edges
        apart = ~jnp.eye(n, dtype=bool)
        _, reached = tables(world.corpus, self.spec)
        can_reach = world.graph.within[-1].T  # [goal, next]
        linked = world.graph.within[-1] & apart  # goals that can be asked for with a path, [source, goal]
        average = (logits * linked.astype(jnp.float32)[:, :, None]).sum(1)
        average = average / jnp.maximum(linked.sum(1).astype(jnp.float32), 1.0)[:, None]
        counted = apart & linked.any(1)[:, None]
        # successors of a source that are not the goal themselves
        asked = linked[:, :, None] & apart[None, :, :] & edges[:, None, :]
        kinds = jnp.stack([asked & reached[None], asked & (can_reach & ~reached)[None]])
        seen, unseen = effects(logits, kinds, asked)
        return {
            "adjacency_auc": probes.auc(flat(average), flat(edges), flat(counted)),
            "reach_gap": seen - unseen,
            "unseen_share": unseen / jnp.where(jnp.abs(seen) > LEAST, seen, 1.0),
        }

    def floor(self, world: World) -> Rules:
        """Walks along edges, wherever they lead."""
        return Rules(allowed=jnp.broadcast_to(world.graph.edges[:, None, :], (self.nodes,) * 3))

    def oracle(self, world: World) -> Rules:
        """Walks along shortest paths."""
        left = world.graph.distance().T  # [goal, node]
        nearer = left[None, :, :] < left.T[:, :, None]
        return Rules(allowed=world.graph.edges[:, None, :] & nearer)


def flat(values: jax.Array) -> jax.Array:
    """float [n * n]."""
    return values.astype(jnp.float32).reshape(-1)


def effects(logits: jax.Array, kinds: jax.Array, asked: jax.Array) -> jax.Array:
    """What each kind of next node adds to the logits, [kinds]; kinds bool [kinds, source, goal, next].

    Least squares where `asked`, next to a term for each source and next node (the edges) and one for each prompt (as
    no softmax sees it). Those terms are taken out of all columns in turns.
    """
    here = asked.astype(jnp.float32)
    of_step = jnp.maximum(here.sum(1, keepdims=True), 1.0)
    of_prompt = jnp.maximum(here.sum(2, keepdims=True), 1.0)

    def take_out(columns: jax.Array, _: None) -> tuple[jax.Array, None]:
        columns = columns - here[None] * (columns.sum(2, keepdims=True) / of_step[None])
        return columns - here[None] * (columns.sum(3, keepdims=True) / of_prompt[None]), None

    columns = jnp.concatenate([logits[None], kinds.astype(jnp.float32)]) * here[None]
    left, _ = jax.lax.scan(take_out, columns, None, length=TURNS)
    gram = jnp.einsum("astk,bstk->ab", left[1:], left[1:]) + RIDGE * jnp.eye(len(kinds))
    return jnp.linalg.solve(gram, jnp.einsum("astk,stk->a", left[1:], left[0]))


def judge(path: jax.Array, prompt: jax.Array, edges: jax.Array) -> Judged:
    """The paths [b, m] end where they first meet their goals."""
    known = jnp.pad(edges, ((0, 1), (0, 1)))
    real = jnp.cumprod(known[path[:, :-1], path[:, 1:]].astype(jnp.int32), axis=1) > 0
    here = path[:, 1:] == prompt[:, 1:]
    length = 1 + jnp.argmax(here, axis=1)
    counts = jnp.arange(path.shape[1])[None, :] <= length[:, None]
    return Judged(valid=(real & here).any(1), edges=length, path=jnp.where(counts, path, -1))


def distinct(said: Judged) -> jax.Array:
    """bool [..., samples]: valid, and the first of its pair's samples that takes this path."""
    same = (said.path[..., :, None, :] == said.path[..., None, :, :]).all(-1)
    before = jnp.tril(jnp.ones(same.shape[-2:], bool), -1).reshape((1,) * (same.ndim - 2) + same.shape[-2:])
    return said.valid & ~(same & before & said.valid[..., None, :]).any(-1)
