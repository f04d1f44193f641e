"""Learners of a transition table: posteriors by closed forms, graphs by the chain rule, plans by optima."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from toybench.methods.tabular_exploration._counts import State, best_policy, dirichlet, log_gamma_draws
from toybench.plugins import registry
from toybench.tasks.tabular_exploration import FactoredSpec, Graph, bits, joint_values

KEY = jax.random.key(3)
SPEC = FactoredSpec(instances=2, variables=4, controls=2, degree=2, horizon=6)


def method(name: str, spec: FactoredSpec = SPEC, **knobs: Any) -> Any:
    one = registry.load("methods", f"tabular_exploration/{name}")(**knobs)
    graph = Graph(parents=jnp.tile(jnp.array([[5, 0], [1, 2], [4, 3], [2, 5]]), (spec.instances, 1, 1)))
    return replace(one, spec=spec, steps=10, given=graph)


@pytest.fixture(scope="module")
def world() -> Any:
    task = registry.load("tasks", "tabular_exploration/factored_chain")(instances=2, horizon=6)
    return task, jax.jit(task.sample)(jax.random.key(11))


@pytest.mark.parametrize("shape", [0.05, 0.5, 3.0, 40.0])
def test_log_gamma_draws_have_their_law(shape: float) -> None:
    drawn = np.asarray(jax.jit(log_gamma_draws)(KEY, jnp.full(20_000, shape)), float)
    kept = drawn[drawn > -80]  # the reference law underflows below
    assert len(kept) > 0.95 * len(drawn) or shape < 0.1
    cut = stats.gamma(shape).cdf(np.exp(-80.0)) if shape < 0.1 else 0.0
    law = lambda x: (stats.gamma(shape).cdf(np.exp(x)) - cut) / (1 - cut)  # noqa: E731
    assert stats.kstest(kept, law).statistic < 0.015


def test_dirichlet_draws_have_the_means_and_variances_of_a_dirichlet() -> None:
    counts = jnp.array([0.5, 2.0, 7.5])
    drawn = np.asarray(jax.jit(dirichlet)(KEY, jnp.tile(counts[None], (20_000, 1))))
    mean = np.asarray(counts) / 10
    np.testing.assert_allclose(drawn.mean(0), mean, atol=0.005)
    np.testing.assert_allclose(drawn.var(0), mean * (1 - mean) / 11, rtol=0.06)


@pytest.mark.parametrize("name", ["psrl", "factored_full", "ucbvi", "c_psrl[known=2]", "c_psrl"])
def test_much_data_make_the_best_policy(name: str, world: Any) -> None:
    task, sampled = world
    knobs = {"known": 2} if "known" in name else {}
    learner = replace(method(name.split("[")[0], **knobs), given=Graph(parents=sampled.parents))
    counts = 1e6 * sampled.transitions
    state = jax.jit(learner.planned)(counts, KEY)
    returns = jax.vmap(task.returns)(sampled.transitions, state.policy)
    np.testing.assert_allclose(returns, sampled.best, rtol=2e-3)
    true = np.asarray(jax.nn.one_hot(sampled.parents, 6).sum(-2))
    belief = np.asarray(learner.parents(state))
    assert ((belief > 0.99) >= true.astype(bool)).all() or name == "c_psrl"  # a set that says the same may win


def test_weights_of_sets_by_the_chain_rule() -> None:
    """The evidence is the product of the chances that each next value had before it was seen."""
    rng = np.random.default_rng(1)
    learner = method("c_psrl", prior=0.4)
    values = joint_values(SPEC)
    s, a, s1 = rng.integers(16, size=25), rng.integers(4, size=25), rng.integers(16, size=25)
    counts = np.zeros((16, 4, 16), np.float32)
    logs = np.zeros((4, 15))
    for v in range(4):
        for m, members in enumerate(learner.sets()):
            seen = np.full((4, 2), 0.4)
            for t in range(25):
                row = values[s[t], a[t], members[0]] * 2 + values[s[t], a[t], members[1]]
                came = bits(4)[s1[t], v]
                logs[v, m] += np.log(seen[row, came] / seen[row].sum())
                seen[row, came] += 1
    np.add.at(counts, (s, a, s1), 1)
    own = Graph(parents=learner.given.parents[0])
    seen = learner.rows_seen(jnp.asarray(counts))
    np.testing.assert_allclose(learner.log_weights(seen, own), logs, rtol=1e-4, atol=1e-4)
    told = np.asarray(method("c_psrl", prior=0.4, known=1).log_weights(seen, own))
    for v, first in enumerate([5, 1, 4, 2]):
        holds = (learner.sets() == first).any(-1)
        assert np.isneginf(told[v, ~holds]).all() and holds.sum() == 5
        np.testing.assert_allclose(told[v, holds], logs[v, holds], rtol=1e-4, atol=1e-4)


def test_a_single_set_of_all_is_the_full_factored_model() -> None:
    spec = replace(SPEC, degree=6)
    counts = jax.random.poisson(KEY, 2.0, (16, 4, 16)).astype(jnp.float32)
    one = method("c_psrl", spec)
    seen = one.rows_seen(counts)
    assert seen.shape == (4, 1, 64, 2)
    own = np.asarray(counts) @ bits(4)  # [S, A, V]: how often a variable was 1
    np.testing.assert_allclose(seen[:, 0, :, 1], own.reshape(64, 4).T)
    np.testing.assert_allclose(seen[:, 0].sum(-1), np.tile(np.asarray(counts).sum(-1).reshape(1, 64), (4, 1)))
    np.testing.assert_allclose(method("factored_full").parents(one.init(KEY)), 1.0)


def test_beliefs_start_at_the_prior_and_end_at_the_truth(world: Any) -> None:
    task, sampled = world
    learner = replace(method("c_psrl", prior=0.5), given=Graph(parents=sampled.parents))
    nothing = learner.init(KEY)
    np.testing.assert_allclose(learner.parents(nothing), 1 / 3, rtol=1e-5)
    known = replace(learner, known=1)
    told = np.asarray(known.parents(nothing))
    first = np.asarray(sampled.parents)[..., 0]
    np.testing.assert_allclose(np.take_along_axis(told, first[..., None], -1), 1.0)
    np.testing.assert_allclose(told.sum(-1), 2.0, rtol=1e-5)
    assert float(task.graph_error(sampled, replace(learner, known=2).parents(nothing))) < 1e-6
    some = State(counts=30 * sampled.transitions, policy=nothing.policy)
    before = task.graph_error(sampled, learner.parents(nothing))
    assert float(task.graph_error(sampled, learner.parents(some))) < 0.4 * float(before)


def test_ucbvi_by_hand() -> None:
    """One step: the reward is the first variable and everything is optimistic, so all is cut at the horizon."""
    counts = jnp.zeros((16, 4, 16)).at[0, 1, 8].set(4.0).at[0, 2, 0].set(4.0)
    spec = replace(SPEC, horizon=2)
    log = np.log(16 * 4 * 2)
    own = method("ucbvi", spec, c=0.1)
    policy = own.plan(counts, own.given, KEY)
    # step 0 in state 0: unseen actions are worth 2, action 1: 0 + 1 + bonus, action 2: 0 + 1 + bonus
    bonus = 0.1 * 2 * np.sqrt(log / 4)
    assert 1 + bonus < 2
    np.testing.assert_array_equal(policy[0, 0], [1, 0, 0, 0])
    every = jnp.ones((16, 4, 16)).at[0, 1].set(0.0).at[0, 1, 8].set(400.0)
    np.testing.assert_array_equal(method("ucbvi", spec, c=0.0).plan(every, own.given, KEY)[0, 0], [0, 1, 0, 0])
    rare = jnp.where(jnp.arange(4)[None, :, None] == 3, 0.01, 100.0) * jnp.ones((16, 4, 16))
    bold = method("ucbvi", spec, c=0.3).plan(rare, own.given, KEY)
    np.testing.assert_array_equal(bold[0, :8, 3], 1)  # the others are sure of the most there is
    np.testing.assert_array_equal(method("ucbvi", spec, c=0.0).plan(rare, own.given, KEY)[0, :, 3], 0)


def test_updates_count_every_transition() -> None:
    task = registry.load("tasks", "tabular_exploration/factored_chain")(instances=2, horizon=6)
    sampled = jax.jit(task.sample)(KEY)
    learner = method("psrl")
    state = learner.init(KEY)

    class Player:
        def policy(self) -> jax.Array:
            return state.policy

    _, batch = task.draw(sampled, KEY, Player())
    after = learner.update(state, batch, jax.random.key(9))
    assert float(after.counts.sum()) == 12
    for n in range(2):
        for s, a, s1 in zip(batch.s[n], batch.a[n], batch.s1[n], strict=True):
            assert float(after.counts[n, s, a, s1]) >= 1
    assert (np.asarray(after.policy).sum(-1) == 1).all()
    again = learner.update(state, batch, jax.random.key(10))
    assert (np.asarray(again.policy) != np.asarray(after.policy)).any()


def test_the_plan_is_the_best_policy_of_the_model(world: Any) -> None:
    task, sampled = world
    policy = jnp.stack([best_policy(SPEC, t) for t in sampled.transitions])
    np.testing.assert_allclose(jax.vmap(task.returns)(sampled.transitions, policy), sampled.best, rtol=1e-5)
