"""Causal interventions: population means by simulation and enumeration, regressions, and who is found to be an
ancestor."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.methods.bandits._causal import ancestors, coefficients, effect_scores, inverse_designs, regressors
from toybench.plugins import registry
from toybench.tasks.bandits.causal_interventions import CausalSpec, Outcome, switches, total_effects

KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def task():
    return registry.load("tasks", "bandits/causal_interventions")(nodes=4, instances=5)


@pytest.fixture(scope="module")
def world(task):
    return task.sample(KEY)


def method(name: str, **knobs):
    return replace(registry.load("methods", f"bandits/{name}")(**knobs), spec=CausalSpec(5, 4, 2.0), steps=400)


def play(task, world, learner, rounds: int):
    """State after `rounds`, outcomes [rounds, ...], and the world."""
    from toybench.protocol import Learner

    def step(carry, key):
        world, state = carry
        world, batch = task.draw(world, key, Learner(learner, state))
        return (world, learner.update(state, batch, key)), batch

    run = jax.jit(lambda w, s: jax.lax.scan(step, (w, s), jax.random.split(KEY, rounds)))
    (world, state), outcomes = run(world, learner.init(KEY))
    return state, outcomes, world


def test_total_effects_are_the_inverse(world):
    w = np.asarray(world.weights)
    np.testing.assert_allclose(total_effects(world.weights), np.linalg.inv(np.eye(4) - w), atol=1e-4)


def test_graphs_have_no_rings_and_lead_to_the_reward(world):
    w = np.asarray(world.weights)
    assert np.allclose(np.linalg.matrix_power(w, 4), 0)
    assert (w[:, 0, -1] != 0).any(-1).all() and (w[..., :, -1] == 0).all()
    np.testing.assert_array_equal(w[:, 0] != 0, w[:, 1] != 0)
    size = np.abs(w[w != 0])
    assert size.min() >= 0.3 - 1e-5 and size.max() <= 1 + 1e-5


def test_expected_rewards_are_those_of_each_intervention(task, world):
    for arm in (0, 5, 15):
        s = np.asarray(switches(4))[arm]
        for i in range(5):
            w = np.where(s[:, None] > 0, world.weights[i, 1], world.weights[i, 0])
            mean = np.linalg.solve(np.eye(4) - w, 1 + float(task.shift) * s)
            np.testing.assert_allclose(world.value[i, arm], mean[-1], rtol=1e-3, atol=1e-4)


def test_rank_one_designs_are_dense_ones_and_find_the_weights(task, world):
    learner = replace(method("known_graph_ucb"), given=task.given(world))
    state, outcomes, _ = play(task, world, replace(learner, c=3.0), 150)
    np.testing.assert_allclose(state.inverse, inverse_designs(state, state.edges), atol=1e-3)
    x, s = np.asarray(outcomes.values), np.asarray(outcomes.switched)
    found = np.asarray(coefficients(state, state.edges, state.inverse))
    for i, node, m in ((0, 3, 0), (1, 3, 1), (2, 2, 1)):
        here = s[:, i, node] == m
        open_ = np.asarray(regressors(state.edges))[i, node] > 0
        a = np.concatenate([np.ones((150, 1)), x[:, i]], 1)[here][:, open_]
        want = np.linalg.solve(a.T @ a + np.eye(open_.sum()), a.T @ x[here, i, node])
        np.testing.assert_allclose(found[i, node, m][open_], want, atol=2e-3)
        assert (found[i, node, m][~open_] == 0).all()


def test_the_known_graph_finds_the_best_intervention(task, world):
    learner = replace(method("known_graph_ucb", c=1.0), given=task.given(world))
    _, _, after = play(task, world, learner, 400)
    _, _, before = play(task, world, learner, 300)
    late = np.asarray(after.regret - before.regret) / 100
    chance = np.asarray(world.value.max(-1) - world.value.mean(-1))
    assert late.mean() < 0.1 * chance.mean()


def test_scores_grow_for_ancestors_only(task, world):
    learner = method("asymmetric_graph_ucb", samples=400)
    state, _, _ = play(task, world, learner, 399)
    score = np.asarray(effect_scores(state))
    true = np.asarray(world.weights[:, 0] != 0)
    above = np.linalg.inv(np.eye(4) - true.astype(float)) > 0.5
    unrelated = ~above & ~np.eye(4, dtype=bool)
    assert np.mean(score[unrelated] ** 2) < 3.5  # chi-squared of 2 degrees: 2
    assert np.mean(score[true] ** 2) > 10


def test_the_asymmetric_learner_misses_fewer_edges_than_the_symmetric_one(task, world):
    true, missed, extra = np.asarray(world.weights[:, 0] != 0), {}, {}
    for name in ("asymmetric_graph_ucb", "full_graph_ucb"):
        state, _, _ = play(task, world, method(name, samples=60), 61)
        edges = np.asarray(state.edges)
        assert not np.linalg.matrix_power(edges.astype(int), 4).any()  # no rings
        missed[name], extra[name] = (true & ~edges).sum(), (~true & edges).sum()
    assert missed["asymmetric_graph_ucb"] < missed["full_graph_ucb"]
    assert extra["asymmetric_graph_ucb"] > extra["full_graph_ucb"]


def test_an_outcome_counts_for_the_mechanism_that_was_on():
    learner = method("asymmetric_graph_ucb")
    batch = Outcome(jnp.zeros((5, 4)).at[:, 1].set(1.0), jnp.ones((5, 4)) * 2)
    state = learner.update(learner.init(KEY), batch, KEY)
    np.testing.assert_array_equal(state.square[0, :, :, 0, 0], [[1, 0], [0, 1], [1, 0], [1, 0]])
    np.testing.assert_array_equal(state.cross[0, 1], [[0] * 5, [2, 4, 4, 4, 4]])


def test_linear_optimism_by_numpy():
    learner = method("linear_intervention_ucb", c=0.8)
    rng = np.random.default_rng(3)
    s = rng.integers(0, 2, size=(30, 5, 4)).astype(np.float32)
    values = rng.normal(size=(30, 5, 4)).astype(np.float32)
    state, step = learner.init(KEY), jax.jit(learner.update)
    for a, b in zip(s, values, strict=True):
        state = step(state, Outcome(switched=jnp.asarray(a), values=jnp.asarray(b)), KEY)
    bits = np.concatenate([np.ones((16, 1)), np.asarray(switches(4))], 1)
    got = learner.intervene(state, KEY)
    for i in range(5):
        z = np.concatenate([np.ones((30, 1)), s[:, i]], 1)
        inverse = np.linalg.inv(np.eye(5) + z.T @ z)
        upper = bits @ inverse @ (z.T @ values[:, i, -1])
        upper += 0.8 * 2.0 * np.sqrt(np.einsum("ar,rs,as->a", bits, inverse, bits))
        assert got[i] == upper.argmax()


def test_graph_free_index_by_hand():
    learner = method("graph_free_ucb", c=0.5)
    pulls = np.tile(np.arange(1.0, 17.0), (5, 1))
    total = pulls * np.linspace(0, 3, 16)[None]
    state = learner.init(KEY)._replace(pulls=jnp.asarray(pulls), total=jnp.asarray(total))
    upper = total / pulls + 0.5 * 2.0 * np.sqrt(2 * np.log(pulls.sum(-1, keepdims=True)) / pulls)
    np.testing.assert_array_equal(learner.intervene(state, KEY), upper.argmax(-1))
    after = learner.update(state, Outcome(switched=jnp.ones((5, 4)), values=jnp.full((5, 4), 2.0)), KEY)
    np.testing.assert_allclose(after.total[:, 15] - state.total[:, 15], 2.0, rtol=1e-5)
    np.testing.assert_allclose(after.pulls[:, 15] - state.pulls[:, 15], 1.0)


def test_graph_optimism_by_numpy(task, world):
    """Mean by solving the fitted equations, width node by node, over all interventions."""
    learner = replace(method("known_graph_ucb", c=0.9), given=task.given(world))
    state, _, _ = play(task, world, learner, 60)
    weights = np.asarray(coefficients(state, state.edges, state.inverse), float)
    inverse, edges = np.asarray(state.inverse, float), np.asarray(state.edges)
    got = learner.intervene(state, KEY)
    for i in range(5):
        upper = []
        for s in np.asarray(switches(4)).astype(int):
            w = np.stack([weights[i, v, s[v]] for v in range(4)])
            effects = np.linalg.inv(np.eye(4) - w[:, 1:])
            mean = effects @ w[:, 0]
            wide = 0.0
            for v in range(4):
                z = np.concatenate([[1.0], np.where(edges[i, v], mean, 0.0)])
                wide += abs(effects[-1, v]) * np.sqrt(z @ inverse[i, v, s[v]] @ z)
            upper.append(mean[-1] + 0.9 * wide)
        assert upper[int(got[i])] > max(upper) - 1e-3


def test_effect_scores_by_least_squares():
    """The score of one pair by numpy: coefficients of a ridge regression on switches over their standard errors."""
    learner = method("asymmetric_graph_ucb", samples=400)
    rng = np.random.default_rng(5)
    s = rng.integers(0, 2, size=(80, 5, 4)).astype(np.float32)
    values = (s + rng.normal(size=(80, 5, 4))).astype(np.float32)
    state, step = learner.init(KEY), jax.jit(learner.update)
    for a, b in zip(s, values, strict=True):
        state = step(state, Outcome(switched=jnp.asarray(a), values=jnp.asarray(b)), KEY)
    total = 0.0
    for m in (0, 1):
        here = s[:, 0, 2] == m
        z, y = np.concatenate([np.ones((here.sum(), 1)), s[here, 0]], 1), values[here, 0, 2]
        inverse = np.linalg.inv(np.eye(5) + z.T @ z)
        beta = inverse @ (z.T @ y)
        variance = (y @ y - beta @ (z.T @ y)) / (here.sum() - 4)
        total += beta[2] ** 2 / (variance * inverse[2, 2])
    np.testing.assert_allclose(effect_scores(state)[0, 2, 1], np.sqrt(total), rtol=5e-3)


def test_a_superfluous_parent_is_dropped_where_both_errors_count(task, world):
    """Of the ancestors, full_graph_ucb keeps those with a significant weight."""
    learner = method("full_graph_ucb", threshold=2.8)
    state, _, _ = play(task, world, method("asymmetric_graph_ucb", samples=400), 399)
    found = np.asarray(ancestors(state, 2.8))
    inverse = np.asarray(inverse_designs(state, jnp.asarray(found)))
    weights = np.asarray(coefficients(state, jnp.asarray(found), jnp.asarray(inverse)))
    score = np.abs(weights) / np.sqrt(np.diagonal(inverse, axis1=-2, axis2=-1))
    want = found & (score[..., 1:] > 2.8).any(2)
    np.testing.assert_array_equal(learner.learn_edges(state), want)
    assert want.sum() < found.sum()
