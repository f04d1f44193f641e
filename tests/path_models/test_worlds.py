"""Graphs, texts, pairs for judging and metrics, by loops, by enumeration and by hand."""

import itertools
from collections.abc import Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks.discrete_graphs import closure
from toybench.errors import UsageError
from toybench.plugins import registry
from toybench.tasks.path_models import Corpus, Texts, TextSpec, _dags, arrives, fixed_dag, generate, tables

KEY = jax.random.key(5)
SMALL = {"nodes": 14, "edge_chance": 0.3, "longest": 6}


def task(stem: str, **values: Any) -> Any:
    return registry.load("tasks", f"path_models/{stem}")(**values)


def simple_paths(edges: np.ndarray, here: int, goal: int) -> Iterator[list[int]]:
    """Every path, by depth-first search."""
    if here == goal:
        yield [here]
        return
    for onward in np.flatnonzero(edges[here]):
        for rest in simple_paths(edges, int(onward), goal):
            yield [here, *rest]


@pytest.fixture(scope="module")
def world() -> Any:
    return jax.jit(task("fixed_dag", **SMALL).sample)(KEY)


def real_texts(corpus: Corpus) -> list[tuple[list[int], float]]:
    """The texts of the corpus and their weights."""
    rows = zip(*(np.asarray(x) for x in (corpus.texts.tokens, corpus.texts.length, corpus.weight)), strict=True)
    return [(tokens[:length].tolist(), float(weight)) for tokens, length, weight in rows if weight > 0]


def test_graph_follows_an_order_and_names_are_shuffled(world: Any) -> None:
    edges = np.asarray(world.graph.edges)
    rank = np.asarray(world.graph.rank)
    start, end = np.nonzero(edges)
    assert len(start) > 10 and (rank[start] < rank[end]).all()
    assert sorted(rank) == list(range(14)) and (rank != np.arange(14)).any()


def test_distances_and_closure_by_enumeration(world: Any) -> None:
    edges = np.asarray(world.graph.edges)
    distance = np.asarray(world.graph.distance())
    reach = np.asarray(closure(world.graph.edges.astype(jnp.float32)))
    for s in range(14):
        for t in range(14):
            lengths = [len(path) - 1 for path in simple_paths(edges, s, t)]
            shortest = min(lengths, default=99)
            assert distance[s, t] == min(shortest, 7)
            assert reach[s, t] == (s != t and bool(lengths))


def test_bernoulli_and_layered_edges() -> None:
    uniform = jax.random.uniform(KEY, (300, 300))
    edges = np.asarray(_dags.bernoulli_edges(uniform, 0.2))
    assert not np.tril(edges).any() and edges.sum() / (300 * 299 / 2) == pytest.approx(0.2, abs=0.01)
    layer = jnp.arange(300) // 30
    layered = np.asarray(_dags.layered_edges(uniform, 0.4, layer))
    start, end = np.nonzero(layered)
    assert (start // 30 + 1 == end // 30).all() and layered.sum() / (9 * 900) == pytest.approx(0.4, abs=0.02)


def test_pick_is_uniform_over_what_is_allowed() -> None:
    allowed = jnp.asarray([False, True, True, False, True])
    uniform = (jnp.arange(30.0) + 0.5) / 30
    chosen = np.asarray(jax.vmap(lambda u: _dags.pick(u, allowed))(uniform))
    assert np.bincount(chosen, minlength=5).tolist() == [0, 10, 10, 0, 10]


def test_walks_run_along_edges_and_arrive_in_time(world: Any) -> None:
    edges = np.asarray(world.graph.edges)
    within = np.asarray(world.graph.within)
    paths = np.asarray(_dags.walks(world.graph, jax.random.uniform(KEY, (6, 14, 14, 10))))
    for s, t in np.argwhere(within[-1]):
        for path in paths[s, t]:
            end = int(np.argmax(path == t))
            assert path[0] == s and path[end] == t and (path[end:] == t).all()
            assert all(edges[a, b] for a, b in itertools.pairwise(path[: end + 1]))


def chance_of(path: list[int], edges: np.ndarray, distance: np.ndarray, longest: int) -> float:
    """Of a walk that steps uniformly where the goal can still be reached in time."""
    chance = 1.0
    for i, here in enumerate(path[:-1]):
        left = longest - i - 1
        onward = [k for k in np.flatnonzero(edges[here]) if distance[k, path[-1]] <= left]
        chance /= len(onward)
    return chance


def test_expected_edges_by_enumeration(world: Any) -> None:
    edges = np.asarray(world.graph.edges)
    distance = np.asarray(world.graph.distance())
    expected = np.asarray(_dags.expected_edges(world.graph))
    for s, t in np.argwhere(np.asarray(world.graph.within[-1])):
        paths = [path for path in simple_paths(edges, s, t) if len(path) <= 7]
        chances = np.array([chance_of(path, edges, distance, 6) for path in paths])
        assert chances.sum() == pytest.approx(1)
        assert expected[s, t] == pytest.approx(chances @ [len(path) - 1 for path in paths], rel=1e-5)


def test_corpus_holds_edges_walks_and_denials(world: Any) -> None:
    edges = np.asarray(world.graph.edges)
    rank = np.asarray(world.graph.rank)
    reach = np.asarray(closure(world.graph.edges.astype(jnp.float32)))
    texts = real_texts(world.corpus)
    denials = [(text, weight) for text, weight in texts if text[2] == 14]
    told = [(text, weight) for text, weight in texts if text[2] != 14]
    assert sum(w for _, w in denials) / sum(w for _, w in texts) == pytest.approx(0.2, rel=1e-4)
    assert all(len(text) == 3 and not reach[text[0], text[1]] and rank[text[0]] < rank[text[1]] for text, _ in denials)
    assert all(text[2] == text[0] and text[-1] == text[1] for text, _ in told)
    assert all(edges[a, b] for text, _ in told for a, b in itertools.pairwise(text[2:]))
    assert {(a, b) for a, b in np.argwhere(edges)} <= {(t[2], t[3]) for t, _ in told if len(t) == 4}
    pairs = [tuple(text[:2]) for text, _ in told]
    taught = {tuple(p) for p in np.argwhere(edges)} | {p for p in pairs if not edges[p]}
    assert all(pairs.count(p) == (11 if edges[p] else 10) for p in taught)


def test_rows_without_weight_say_nothing(world: Any) -> None:
    rows = np.asarray(world.corpus.weight) == 0
    assert rows.sum() > 100
    assert (np.asarray(world.corpus.texts.tokens)[rows] == 14).all() and not np.asarray(world.corpus.texts.length)[
        rows
    ].any()


def test_draws_follow_the_weights() -> None:
    tokens = jnp.tile(jnp.arange(4)[:, None], (1, 5))
    corpus = Corpus(texts=Texts(tokens=tokens, length=jnp.arange(4)), weight=jnp.asarray([0.0, 1.0, 0.0, 3.0]))
    drawn = _dags.draw_texts(corpus, jnp.arange(40.0) / 40)
    assert np.bincount(np.asarray(drawn.tokens[:, 0]), minlength=4).tolist() == [0, 10, 0, 30]
    np.testing.assert_array_equal(drawn.length, drawn.tokens[:, 0])


def seen_by_loops(world: Any) -> tuple[np.ndarray, np.ndarray]:
    edges = np.zeros((14, 14), bool)
    reached = np.zeros((14, 14), bool)
    for text, _ in real_texts(world.corpus):
        for a, b in itertools.pairwise(text[2:]):
            edges[a, b] = True
            reached[text[1], b] = True
    return edges, reached


def test_tables_by_loops(world: Any) -> None:
    spec = task("fixed_dag", **SMALL).spec
    for got, expected in zip(tables(world.corpus, spec), seen_by_loops(world), strict=True):
        np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(tables(world.corpus, spec)[0], world.graph.edges)


def test_new_pairs_are_unseen_and_of_their_kind() -> None:
    sample = jax.jit(task("fixed_dag", **SMALL).sample)
    for seed in range(4):
        world = sample(jax.random.key(seed))
        distance = np.asarray(world.graph.distance())
        edges, reached = seen_by_loops(world)
        told = {tuple(text[:2]) for text, _ in real_texts(world.corpus)}
        weights = {}
        for name, group in (("observed", world.observed), ("transitive", world.transitive)):
            kept = [
                (tuple(p), w)
                for p, w in zip(np.asarray(group.prompt).tolist(), np.asarray(group.weight), strict=True)
                if w > 0
            ]
            assert len({p for p, _ in kept}) == len(kept)
            for (s, t), _ in kept:
                assert (s, t) not in told and 2 <= distance[s, t] <= 6
                assert (edges[s] & reached[t]).any() == (name == "observed")
            weights[name] = np.bincount([distance[p] for p, _ in kept], [float(w) for _, w in kept], minlength=9)
        np.testing.assert_allclose(weights["observed"], weights["transitive"], rtol=1e-5)


def test_matched_by_hand() -> None:
    kind = jnp.asarray([[0, 1, 1], [2, 0, 0], [0, 0, 0]])
    first = _dags.Pairs(prompt=jnp.asarray([[0, 1], [0, 2], [1, 0], [0, 0]]), weight=jnp.asarray([1.0, 1.0, 1.0, 0.0]))
    second = _dags.Pairs(prompt=jnp.asarray([[0, 1], [1, 1], [1, 2], [2, 2]]), weight=jnp.ones(4))
    one, two = _dags.matched(first, second, kind, 3)
    np.testing.assert_allclose(one.weight, [0.5, 0.5, 0, 0])
    np.testing.assert_allclose(two.weight, [1, 0, 0, 0])


def test_choose_takes_candidates_alone() -> None:
    candidates = jnp.zeros((5, 5), bool).at[jnp.asarray([0, 1, 3]), jnp.asarray([2, 4, 3])].set(True)
    pairs = _dags.choose(candidates, jax.random.uniform(KEY, (5, 5)), 4)
    kept = np.asarray(pairs.prompt)[np.asarray(pairs.weight) > 0].tolist()
    assert sorted(kept) == [[0, 2], [1, 4], [3, 3]] and float(pairs.weight.sum()) == 3


def test_generate_writes_the_likeliest_or_samples() -> None:
    spec = TextSpec(nodes=3, longest=2, none_share=0.2)
    chance = jnp.asarray([[0.1, 0.6, 0.2, 0.1], [0.2, 0.1, 0.6, 0.1], [0.7, 0.1, 0.1, 0.1]])

    def onward(prompt: jax.Array, path: jax.Array, length: jax.Array) -> jax.Array:
        return jnp.log(chance[jnp.minimum(path[:, length - 1], 2)])

    prompt = jnp.zeros((4000, 2), jnp.int32)
    np.testing.assert_array_equal(generate(onward, spec, prompt[:1]), [[0, 1, 2]])
    gumbel = jax.random.gumbel(KEY, (2, 4000, 4))
    first = np.asarray(generate(onward, spec, prompt, gumbel))[:, 1]
    np.testing.assert_allclose(np.bincount(first, minlength=4) / 4000, chance[0], atol=0.03)
    cold = np.asarray(generate(onward, spec, prompt, gumbel / 2))[:, 1]
    np.testing.assert_allclose(
        np.bincount(cold, minlength=4) / 4000, chance[0] ** 2 / (chance[0] ** 2).sum(), atol=0.03
    )


def test_arrival_before_a_refusal() -> None:
    path = jnp.asarray([[0, 2, 1], [0, 3, 1], [0, 1, 3], [0, 2, 2]])
    assert arrives(path, jnp.ones(4, jnp.int32), 3).tolist() == [True, False, True, False]


def test_judging_by_hand() -> None:
    edges = jnp.zeros((4, 4), bool).at[jnp.asarray([0, 1, 0]), jnp.asarray([1, 2, 3])].set(True)
    path = jnp.asarray([[0, 1, 2, 0], [0, 3, 2, 2], [0, 1, 3, 2], [0, 1, 4, 2], [0, 1, 2, 3]])
    said = fixed_dag.judge(path, jnp.asarray([[0, 2]] * 5), edges)
    assert said.valid.tolist() == [True, False, False, False, True]
    assert said.edges.tolist() == [2, 2, 3, 3, 2]
    assert said.path.tolist()[0] == [0, 1, 2, -1]
    assert fixed_dag.distinct(jax.tree.map(lambda leaf: leaf[None], said)).sum() == 1


@pytest.fixture(scope="module")
def scores() -> dict[str, dict[str, float]]:
    problem = task("fixed_dag")

    def run(key: jax.Array) -> dict[str, Any]:
        world = problem.sample(key)
        return {name: problem.evaluate(world, key, getattr(problem, name)(world)) for name in ("floor", "oracle")}

    found = jax.jit(jax.vmap(run))(jax.random.split(KEY, 4))
    return {name: {k: float(v.mean()) for k, v in metrics.items()} for name, metrics in found.items()}


def test_the_oracle_arrives_and_the_floor_does_not(scores: dict[str, dict[str, float]]) -> None:
    oracle = scores["oracle"]
    for name in ("valid", "observed_valid", "transitive_valid", "sampled_valid"):
        assert oracle[name] == pytest.approx(1) and scores["floor"][name] < 0.7
    assert oracle["valid_gap"] == oracle["sampled_gap"] == oracle["valid_drop"] == 0
    assert oracle["length_excess"] < -0.1 and oracle["distinct_valid"] >= 1
    assert scores["floor"]["adjacency_auc"] == 1
    assert abs(scores["floor"]["reach_gap"]) < 1e-3 and abs(scores["floor"]["unseen_share"]) < 1e-3


def test_logits_that_know_what_was_seen_alone() -> None:
    """Edges, plus 5 nats for nodes seen on the way to the goal: the gap is 5, the unseen ones have nothing of it."""
    problem = task("fixed_dag", **SMALL)
    world = jax.jit(problem.sample)(KEY)
    _, reached = tables(world.corpus, problem.spec)

    class Known:
        def next_node(self, prompt: jax.Array, path: jax.Array, length: jax.Array) -> jax.Array:
            seen = reached[prompt[:, 1]].astype(jnp.float32)
            edge = world.graph.edges[prompt[:, 0]].astype(jnp.float32)
            return jnp.pad(9.0 * edge + 5.0 * seen, ((0, 0), (0, 1)))

    found = problem.first_steps(world, Known())
    assert float(found["adjacency_auc"]) == 1
    assert float(found["reach_gap"]) == pytest.approx(5, rel=1e-3)
    assert float(found["unseen_share"]) == pytest.approx(0, abs=1e-3)


def test_effects_by_dense_least_squares() -> None:
    rng = np.random.default_rng(4)
    asked = rng.random((5, 6, 7)) < 0.6
    kinds = (rng.random((2, 5, 6, 7)) < 0.4) & asked
    logits = rng.normal(size=(5, 6, 7)).astype(np.float32)
    where = np.argwhere(asked)
    columns = [kinds[:, *place].astype(float) for place in where]
    steps = [np.eye(35)[s * 7 + k] for s, _, k in where]
    prompts = [np.eye(30)[s * 6 + t] for s, t, _ in where]
    design = np.concatenate([columns, steps, prompts], axis=1)
    expected = np.linalg.lstsq(design, logits[asked], rcond=None)[0][:2]
    got = fixed_dag.effects(jnp.asarray(logits), jnp.asarray(kinds), jnp.asarray(asked))
    np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("graph", ["bernoulli", "layered"])
def test_reachability_pairs_are_matched_and_unseen(graph: str) -> None:
    problem = task("reachability", graph=graph)
    world = jax.jit(problem.sample)(KEY)
    reach = np.asarray(closure(world.graph.edges.astype(jnp.float32)))
    rank = np.asarray(world.graph.rank)
    told = {tuple(text[:2]) for text, _ in real_texts(world.corpus)}
    sums = []
    for group, linked in ((world.linked, True), (world.apart, False)):
        kept = [
            (tuple(p), float(w))
            for p, w in zip(np.asarray(group.prompt).tolist(), np.asarray(group.weight), strict=True)
        ]
        kept = [(p, w) for p, w in kept if w > 0]
        assert len(kept) > 10
        ahead = np.array([rank[t] - rank[s] for (s, t), _ in kept])
        assert all(p not in told and reach[p] == linked for p, _ in kept)
        assert (ahead > (3 if graph == "layered" else 0)).all()
        sums.append(np.bincount(ahead if graph == "layered" else ahead * 5 // 30, [w for _, w in kept], minlength=8))
    np.testing.assert_allclose(sums[0], sums[1], rtol=1e-5)
    if graph == "layered":
        assert max(len(text) for text, _ in real_texts(world.corpus)) == 3 + 3
    got = {
        k: problem.evaluate(world, KEY, learner(world)) for k, learner in (("f", problem.floor), ("o", problem.oracle))
    }
    assert float(got["f"]["decision_accuracy"]) == pytest.approx(0.5)
    assert float(got["o"]["decision_accuracy"]) == pytest.approx(1)
    assert float(got["f"]["linked_accuracy"]) == pytest.approx(1)


def test_unknown_graphs_are_refused() -> None:
    with pytest.raises(UsageError, match="bernoulli or layered"):
        _ = task("reachability", graph="ring").spec
