"""Constrained search: posteriors against dense solves, acquisitions by hand, and what is declared."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from toybench.methods.bandits._search import deviation
from toybench.plugins import registry
from toybench.tasks.bandits.constrained_search import Evaluation, SearchSpec, kernel

SPEC = SearchSpec(instances=2, side=5, lengthscale=0.3, noise=0.1)
KEY = jax.random.key(0)


def method(name: str, **knobs):
    return replace(registry.load("methods", f"bandits/{name}")(**knobs), spec=SPEC, steps=10)


@pytest.fixture(scope="module")
def evaluated():
    """A state after four evaluations of an instance each, and these."""
    rng, learner = np.random.default_rng(0), method("constrained_ei")
    points, f, g = rng.integers(0, 25, size=(4, 2)), rng.normal(size=(4, 2)), rng.normal(size=(4, 2))
    state = learner.init(KEY)
    for p, a, b in zip(points, f, g, strict=True):
        batch = Evaluation(jnp.asarray(p, jnp.int32), jnp.asarray(a, jnp.float32), jnp.asarray(b, jnp.float32))
        state = learner.update(state, batch, KEY)
    return state, points, f, g


def test_rank_one_conditioning_is_the_dense_posterior(evaluated):
    state, points, f, g = evaluated
    cov = np.asarray(kernel(5, 0.3), float) + 1e-4 * np.eye(25)
    for i in range(2):
        p = points[:, i]
        solve = cov[:, p] @ np.linalg.inv(cov[np.ix_(p, p)] + 0.01 * np.eye(4))
        np.testing.assert_allclose(state.f[i], solve @ f[:, i], atol=1e-3)
        np.testing.assert_allclose(state.g[i], solve @ g[:, i], atol=1e-3)
        np.testing.assert_allclose(state.covariance[i], cov - solve @ cov[p], atol=1e-3)


def test_config_obeys_the_constraints_lower_bound(evaluated):
    state = evaluated[0]
    point = np.asarray(method("config_lcb").query(state, KEY))
    f, g, s = (np.asarray(x) for x in (state.f, state.g, deviation(state)))
    for i in range(2):
        allowed = np.flatnonzero(g[i] - 2 * s[i] <= 0)
        assert point[i] == allowed[np.argmin((f[i] - 2 * s[i])[allowed])]


def test_without_a_constraint_config_is_the_lower_confidence_bound(evaluated):
    state = evaluated[0]._replace(g=jnp.full((2, 25), -100.0))
    point = method("config_lcb").query(state, KEY)
    np.testing.assert_array_equal(point, jnp.argmin(state.f - 2 * deviation(state), -1))


def test_config_declares_exactly_when_no_point_may_be_feasible(evaluated):
    state, learner = evaluated[0], method("config_lcb")
    assert not learner.hopeless(state).any()
    above = state._replace(g=jnp.full((2, 25), 2.1) * deviation(state).at[1].set(0.0))
    np.testing.assert_array_equal(learner.hopeless(above), [True, False])
    np.testing.assert_array_equal(learner.query(above, KEY)[0], jnp.argmin(above.g - 2 * deviation(above), -1)[0])


def test_constrained_ei_by_monte_carlo(evaluated):
    state = evaluated[0]
    state = state._replace(g=state.g.at[:, :].add(-1.0))
    cost = np.asarray(method("constrained_ei").cost(state, KEY))
    f, g, s, seen = (np.asarray(x) for x in (state.f, state.g, deviation(state), state.seen))
    z = np.random.default_rng(1).normal(size=200_000)
    for i in range(2):
        best = f[i][seen[i] & (g[i] <= 0)].min()
        for p in (0, 7, 20):
            gain = np.maximum(best - (f[i, p] + s[i, p] * z), 0).mean()
            np.testing.assert_allclose(-cost[i, p], gain * stats.norm.cdf(-g[i, p] / s[i, p]), atol=5e-3)


def test_before_a_feasible_point_feasibility_alone_counts():
    learner = method("constrained_ei")
    state = learner.init(KEY)._replace(g=jnp.linspace(2, 1, 25)[None].repeat(2, 0))
    np.testing.assert_array_equal(learner.query(state, KEY), [24, 24])


@pytest.mark.parametrize("feasible", [True, False])
def test_problems_are_as_they_say(feasible):
    task = registry.load("tasks", "bandits/constrained_search")(feasible=feasible, instances=20)
    world = task.sample(KEY)
    share = np.asarray((world.g <= 0).mean(-1))
    assert (share > 0.015).mean() > 0.9 if feasible else (share == 0).all()


def test_costs_of_the_other_searches_by_numpy(evaluated):
    state = evaluated[0]
    f, g, s = (np.asarray(x) for x in (state.f, state.g, deviation(state)))
    priced = f - 1.5 * s + 4.0 * np.maximum(g - 1.5 * s, 0)
    np.testing.assert_allclose(method("penalised_lcb", weight=4.0, width=1.5).cost(state, KEY), priced, rtol=1e-4)
    learner = method("feasible_mean_lcb")
    believed = np.where(g <= 0, f - 2 * s, np.inf)
    assert (g <= 0).any(-1).all()
    np.testing.assert_array_equal(learner.query(state, KEY), believed.argmin(-1))
    lifted = state._replace(g=state.g - state.g.min() + 0.1)
    lower = np.asarray(lifted.g) - 2 * s
    np.testing.assert_array_equal(learner.query(lifted, KEY), lower.argmin(-1))
    for name in ("penalised_lcb", "feasible_mean_lcb", "constrained_ei"):
        assert not method(name).hopeless(lifted).any()


def test_exponents_and_sums_by_hand():
    """Half of the steps lose 3 in all, the whole 6: linear growth; violation doubles twice."""
    task = registry.load("tasks", "bandits/constrained_search")(instances=2, steps=4)
    world = task.sample(KEY)
    world = world._replace(
        regret=jnp.array([6.0, 6.0]),
        violation=jnp.array([8.0, 0.0]),
        half=jnp.array([[3.0, 3.0], [2.0, 0.0]]),
        best=task.optimum(world) + jnp.array([0.5, 9.0]),
    )
    got = task.judge(world, jnp.zeros(()))
    np.testing.assert_allclose(got["regret_exponent"], 1.0, rtol=1e-4)
    np.testing.assert_allclose(got["violation_exponent"], 2.0, rtol=1e-4)
    np.testing.assert_allclose(got["constrained_simple_regret"], (0.5 + 3) / 2, rtol=1e-4)
