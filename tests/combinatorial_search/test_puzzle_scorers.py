"""Networks trained on walks, value iteration, tables and hand heuristics."""

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.combinatorial_search import _tables as tables
from toybench.methods.combinatorial_search import _walks as walks
from toybench.plugins import registry
from toybench.tasks import combinatorial_search as study
from toybench.tasks.combinatorial_search import PuzzleSpec
from toybench.tasks.combinatorial_search.permutation_puzzle import distances

KEY = jax.random.key(11)
RNG = np.random.default_rng(4)


def method(stem: str, tiles: int = 5, steps: int = 40, **values: Any) -> Any:
    return registry.load("methods", f"combinatorial_search/{stem}")(spec=PuzzleSpec(tiles), steps=steps, **values)


def rows_of(tiles: int) -> jax.Array:
    return jnp.asarray(study.states(tiles))


def test_walks_never_go_back() -> None:
    uniform = RNG.random((9, 400)).astype(np.float32)
    code = np.asarray(jax.jit(lambda u: walks.walk(u, 5))(uniform))
    onward = study.neighbours(5)
    assert set(code[0]) == set(onward[0])
    for now, later in itertools.pairwise(code):
        assert (onward[now] == later[:, None]).any(1).all()
    assert not (code[2:] == code[:-2]).any(), "a move and its inverse lead back"
    assert not (code[1] == 0).any()


def test_walked_states_have_their_steps() -> None:
    met = jax.jit(lambda key: walks.walked(key, 5, 7, 3))(KEY)
    assert met.codes.shape == met.step.shape == (3 * walks.BATCH,)
    share = np.bincount(np.asarray(met.step), minlength=8) / len(met.step)
    assert share[0] == 0
    np.testing.assert_allclose(share[1:], 1 / 7, atol=0.01)
    distance = distances(5)[np.asarray(met.codes)]
    assert (distance <= np.asarray(met.step)).all()
    assert len(set(np.asarray(met.step)[:20])) > 3, "shuffled"


def test_batches_follow_each_other() -> None:
    state = jax.jit(lambda key: walks.start(key, 4, 5, 3))(KEY)
    for update, first in ((0, 0), (2, 2 * walks.BATCH), (4, walks.BATCH)):
        met = walks.batch_of(state._replace(update=jnp.asarray(update, jnp.int32)))
        np.testing.assert_array_equal(met.codes, state.walked.codes[first : first + walks.BATCH])
        np.testing.assert_array_equal(met.step, state.walked.step[first : first + walks.BATCH])


def test_the_network_by_hand() -> None:
    state = walks.start(KEY, 4, 5, 1)
    layers = jax.tree.map(np.asarray, state.params["params"])
    rows = study.states(4)[[0, 5, 17]]
    hidden = np.eye(4, dtype=np.float32)[rows].reshape(3, 16)
    for name in ("Dense_0", "Dense_1"):
        hidden = np.maximum(hidden @ layers[name]["kernel"] + layers[name]["bias"], 0)
    expected = hidden @ layers["Dense_2"]["kernel"] + layers["Dense_2"]["bias"]
    np.testing.assert_allclose(walks.value(state.params, jnp.asarray(rows)), expected[:, 0], rtol=1e-4, atol=1e-5)
    codes = jnp.asarray([0, 5, 17])
    np.testing.assert_allclose(walks.value_of(state.params, codes, 4), expected[:, 0], rtol=1e-4, atol=1e-5)


def test_a_first_step_goes_against_the_gradient() -> None:
    learner = method("walk_distance_net", tiles=4, lr=0.01, length=6)
    state = learner.init(KEY)
    met = walks.batch_of(state)

    def error(params: Any) -> jax.Array:
        return ((walks.value_of(params, met.codes, 4) * 6 - met.step.astype(jnp.float32)) ** 2).mean()

    slope = jax.jit(jax.grad(error))(state.params)
    after = jax.jit(learner.update)(state, (), KEY)
    for g, old, new in zip(*map(jax.tree.leaves, (slope, state.params, after.params)), strict=True):
        large = np.abs(g) > 1e-2
        np.testing.assert_allclose((new - old)[large], -0.01 * np.sign(g)[large], rtol=5e-3, atol=1e-6)


def trained(learner: Any) -> jax.Array:
    """Its scores of all states after its updates."""

    def run(key: jax.Array) -> jax.Array:
        state = learner.init(key)
        keys = jax.random.split(key, learner.steps)
        state = jax.lax.scan(lambda s, k: (learner.update(s, (), k), None), state, keys)[0]
        return learner.rank(state, rows_of(5))

    return jax.jit(run)(KEY)


def test_it_learns_the_mean_step() -> None:
    scores = np.asarray(trained(method("walk_distance_net", steps=200, lr=0.01, length=10)))
    expected = tables.expected_step(5, 10) / 10
    assert np.corrcoef(scores[1:], expected[1:])[0, 1] > 0.9
    assert np.abs(scores - expected)[1:].mean() < 0.06


def test_the_mean_step_by_all_walks() -> None:
    onward = study.neighbours(4)
    steps: dict[int, list[int]] = {code: [] for code in range(24)}
    weights: dict[int, list[float]] = {code: [] for code in range(24)}
    for path in itertools.product(range(3), repeat=5):
        allowed = all(study.INVERSE[a] != b for a, b in itertools.pairwise(path))
        if allowed:
            code = 0
            for step, move in enumerate(path, start=1):
                code = int(onward[code, move])
                steps[code].append(step)
                weights[code].append(1 / (3 * 2**4))
    found = tables.expected_step(4, 5)
    for code in range(24):
        expected = np.average(steps[code], weights=weights[code]) if steps[code] else 5.0
        assert found[code] == pytest.approx(expected, rel=1e-5)


def test_exact_distances_are_what_value_iteration_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bellman's equation holds for them, and only they are kept by it."""
    learner = method("bellman_net", length=10)
    exact = jnp.asarray(distances(5), jnp.float32) / 10
    codes = jnp.arange(120)
    monkeypatch.setattr(walks, "value_of", lambda params, code, tiles: exact[code] + params)
    np.testing.assert_allclose(learner.target(0.0, codes), exact, atol=1e-6)
    shifted = np.asarray(learner.target(0.05, codes))
    assert shifted[0] == 0, "the goal costs nothing"
    near = np.asarray(exact) == np.float32(0.1)
    np.testing.assert_allclose(shifted[near], 0.1, atol=1e-6)
    np.testing.assert_allclose(shifted[~near][1:], np.asarray(exact)[~near][1:] + 0.05, atol=1e-6)
    np.testing.assert_allclose(learner.target(-9.0, codes)[1:], 0.1, atol=1e-6)  # nothing is below 0


def test_the_target_network_follows() -> None:
    learner = method("bellman_net", tiles=4, steps=3, follow=0.25)
    before = learner.init(KEY)
    after = jax.jit(learner.update)(before, (), KEY)
    again = jax.jit(learner.update)(after, (), KEY)
    for old, now, new in zip(*map(jax.tree.leaves, (after.old, again.learner.params, again.old)), strict=True):
        np.testing.assert_allclose(new, 0.75 * old + 0.25 * now, atol=1e-6)
    assert jax.tree.leaves(learner.parameters(after)) == jax.tree.leaves(after.learner.params)


def test_value_iteration_learns_distances() -> None:
    scores = np.asarray(trained(method("bellman_net", steps=400, lr=0.01, follow=0.3, length=10)))
    assert np.corrcoef(scores, distances(5))[0, 1] > 0.8


@pytest.mark.parametrize("tiles", [4, 6])
def test_pattern_databases_never_overrate(tiles: int) -> None:
    scores = np.asarray(method("pattern_database", tiles=tiles, held=tiles // 2).rank((), rows_of(tiles)))
    exact = distances(tiles)
    assert (scores <= exact).all() and scores[0] == 0
    assert np.corrcoef(scores, exact)[0, 1] > 0.7
    one = tables.pattern_distances(tiles, tuple(range(tiles // 2)))[
        tables.pattern(study.states(tiles), tuple(range(tiles // 2)))
    ]
    assert (scores >= one).all() and (scores > one).any()


def test_sizes_that_the_claims_name() -> None:
    weights = jax.eval_shape(lambda key: walks.start(key, 8, 28, 1).params, KEY)
    assert sum(leaf.size for leaf in jax.tree.leaves(weights)) == 8385
    assert (tables.pattern_distances(8, (0, 1, 2, 3)) >= 0).sum() == 1680
    assert (tables.pattern_distances(8, (3, 4, 5, 6, 7)) >= 0).sum() == 6720


def test_a_pattern_of_all_tiles_is_the_distance() -> None:
    everything = tuple(range(5))
    found = tables.pattern_distances(5, everything)[tables.pattern(study.states(5), everything)]
    np.testing.assert_array_equal(found, distances(5))
    assert (tables.pattern_distances(5, (0, 1)) >= 0).sum() == 20  # two tiles never share a place


def test_hand_heuristics() -> None:
    rows = jnp.asarray([[0, 1, 2, 3, 4], [1, 2, 3, 4, 0], [1, 0, 2, 3, 4], [0, 2, 1, 3, 4]], jnp.int32)
    np.testing.assert_array_equal(method("misplaced_tiles").rank((), rows), [0, 5, 2, 2])
    expected = [0, 0 + 1 / 5, 3 + 1 / 5, 3]
    np.testing.assert_allclose(method("adjacency_breaks").rank((), rows), expected, rtol=1e-6)


def test_the_exact_target_is_looked_up() -> None:
    learner = method("exact_walk_expectation", length=12)
    some = jnp.asarray([40, 3, 99])
    np.testing.assert_allclose(learner.rank((), rows_of(5)[some]), tables.expected_step(5, 12)[np.asarray(some)])
