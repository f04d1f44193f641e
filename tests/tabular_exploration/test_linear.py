"""Learners against changing losses: unbiased estimates, bonuses by recursion, leaders by their conditions."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

from toybench.blocks import mdp
from toybench.methods.tabular_exploration import _linear
from toybench.plugins import registry
from toybench.tasks.tabular_exploration import Episode, LinearSpec, Simulator

KEY = jax.random.key(2)
SPEC = LinearSpec(instances=1, states=8, actions=4, horizon=3, features=6)


@pytest.fixture(scope="module")
def world() -> Any:
    task = registry.load("tasks", "tabular_exploration/adversarial_mdp")(instances=1)
    return jax.jit(task.sample)(KEY), task


@pytest.fixture(scope="module")
def simulator(world: Any) -> Simulator:
    sampled, task = world
    one: Simulator = jax.tree.map(lambda x: x[0], task.given(sampled))
    return one


@pytest.fixture(scope="module")
def policy() -> jax.Array:
    return jax.nn.softmax(jax.random.normal(jax.random.key(1), (3, 8, 4)), axis=-1)


def method(name: str, simulator: Simulator, **knobs: Any) -> Any:
    one = registry.load("methods", f"tabular_exploration/{name}")(**knobs)
    return replace(one, spec=SPEC, steps=100, given=jax.tree.map(lambda x: x[None], simulator))


def every_episode(step: int, paid: jax.Array) -> Episode:
    """All states and actions at one step, with what is still paid there [S, A]: 32 episodes."""
    s, a = jnp.divmod(jnp.arange(32), 4)
    here = jnp.arange(3) == step
    return Episode(
        s=jnp.where(here[None], s[:, None], 0),
        a=jnp.where(here[None], a[:, None], 0),
        r=jnp.where(here[None], paid.reshape(-1)[:, None], 0.0),
        s1=jnp.zeros((32, 3), jnp.int32),
    )


def test_inverses_are_those_of_numpy() -> None:
    roots = np.random.default_rng(0).normal(size=(5, 3, 6, 9))
    matrices = (roots @ np.swapaxes(roots, -1, -2)).astype(np.float32)
    np.testing.assert_allclose(_linear.inverse(jnp.asarray(matrices)), np.linalg.inv(matrices), rtol=2e-3, atol=1e-4)


@pytest.mark.parametrize("step", [0, 2])
def test_estimates_are_unbiased(step: int, world: Any, simulator: Simulator, policy: jax.Array) -> None:
    """Their mean over the law of (s_h, a_h) is the value of every action, but for the ridge."""
    losses = world[0].losses[0]
    values = mdp.finite_value(simulator.transitions, losses, policy)
    q = losses[step] + simulator.transitions[step] @ values[step + 1]
    batch = every_episode(step, q)
    one = jax.jit(jax.vmap(_linear.estimated, in_axes=(None, None, 0)))(simulator, policy, batch)
    law = one.visits[0, step].reshape(-1)
    assert float(law.sum()) == pytest.approx(1.0, abs=1e-5)
    mean = jnp.einsum("n,nsa->sa", law, one.q[:, step])
    np.testing.assert_allclose(mean, q, atol=0.05)
    direct = np.asarray(one.pull[:, step]).reshape(32, 32).diagonal()
    np.testing.assert_allclose(direct, np.asarray(one.width[0, step]).reshape(-1), rtol=1e-3)


def test_reduced_estimates_have_the_same_mean_and_are_not_very_negative(
    world: Any, simulator: Simulator, policy: jax.Array
) -> None:
    losses = world[0].losses[0]
    values = mdp.finite_value(simulator.transitions, losses, policy)
    q = losses[0] + simulator.transitions[0] @ values[1]
    batch = every_episode(0, q)
    plain = jax.jit(jax.vmap(_linear.estimated, in_axes=(None, None, 0)))(simulator, policy, batch)
    learner = method("magnitude_reduced", simulator, bonus=0.0)
    reduced = jax.jit(jax.vmap(learner.estimate, in_axes=(None, None, 0)))(simulator, policy, batch)[:, 0]
    law = plain.visits[0, 0].reshape(-1)
    np.testing.assert_allclose(
        jnp.einsum("n,nsa->sa", law, reduced), jnp.einsum("n,nsa->sa", law, plain.q[:, 0]), atol=1e-3
    )
    mean = 3 * jnp.einsum("n,nsa->sa", law, jnp.minimum(plain.pull[:, 0], 0))
    assert (np.asarray(reduced - mean[None]) >= -1e-4).all()
    assert float(reduced.min()) > 1.2 * float(mean.min()) > 0.8 * float(plain.q[:, 0].min())


def test_dilated_bonuses_by_a_loop(simulator: Simulator, policy: jax.Array) -> None:
    width = np.asarray(jax.random.uniform(KEY, (3, 8, 4)))
    got = np.asarray(_linear.dilated_bonus(simulator, policy, jnp.asarray(width), jnp.asarray(0.3)))
    want = np.zeros((4, 8, 4))
    kernel, chances = np.asarray(simulator.transitions), np.asarray(policy)
    for h in (2, 1, 0):
        for s, a in np.ndindex(8, 4):
            later = kernel[h, s, a] @ (chances[h + 1] * want[h + 1]).sum(-1) if h < 2 else 0.0
            want[h, s, a] = 0.3 * (width[h, s, a] + chances[h, s] @ width[h, s]) + (4 / 3) * later
    np.testing.assert_allclose(got, want[:3], rtol=1e-4)


def test_the_log_barrier_policy_meets_its_conditions() -> None:
    total = jnp.asarray(np.random.default_rng(3).normal(0, 30, size=(50, 4)), jnp.float32)
    p = np.asarray(_linear.log_barrier(total, jnp.asarray(0.7)), float)
    np.testing.assert_allclose(p.sum(-1), 1, rtol=1e-5)
    level = np.asarray(total) - 1 / (0.7 * p)  # the gradient is the same for all actions
    np.testing.assert_allclose(level, np.tile(level[:, :1], 4), rtol=2e-3, atol=2e-3)
    goal = lambda x: x @ np.asarray(total[0]) - np.log(x).sum() / 0.7  # noqa: E731
    others = np.random.default_rng(4).dirichlet(np.ones(4), size=3000)
    assert goal(p[0]) <= min(goal(x) for x in others) + 1e-4
    found = optimize.brentq(lambda y: (1 / (0.7 * (np.asarray(total[1]) - float(total[1].min())) + y)).sum() - 1, 1, 4)
    np.testing.assert_allclose(p[1].max(), 1 / found, rtol=1e-4)
    np.testing.assert_allclose(_linear.log_barrier(total, jnp.asarray(1e-6)), 0.25, atol=1e-3)


def test_hedge_is_exponential_weights() -> None:
    np.testing.assert_allclose(
        _linear.hedge(jnp.array([0.0, 1.0]), jnp.asarray(2.0)), [1 / (1 + np.exp(-2)), 0.1192], rtol=1e-3
    )


def learned(learner: Any, batch: Episode) -> Any:
    state = learner.init(KEY)
    for _ in range(3):
        state = jax.jit(learner.update)(state, batch, KEY)
    return state


@pytest.fixture(scope="module")
def batch(world: Any) -> Episode:
    s, a = jnp.array([[1, 4, 7]]), jnp.array([[0, 3, 1]])
    return Episode(s=s, a=a, r=jnp.array([[0.2, 0.9, 0.4]]), s1=jnp.array([[4, 7, 0]]))


def test_no_mixing_and_no_bonus_are_exponential_weights(simulator: Simulator, batch: Episode) -> None:
    bare = learned(method("exp_mixing", simulator, eta=5.0, mixing=0.0, bonus=0.0), batch)
    humble = learned(method("exp_weights", simulator, eta=5.0), batch)
    np.testing.assert_allclose(bare.total, humble.total, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(bare.policy, humble.policy, rtol=1e-5)
    mixed = learned(method("exp_mixing", simulator, eta=5.0, mixing=2.0), batch)
    least = 2 / 100 ** (1 / 3) / 4
    assert float(mixed.policy.min()) >= least - 1e-6 > float(humble.policy.min())


@pytest.mark.parametrize("name", ["log_barrier_ftrl", "magnitude_reduced", "exp_mixing", "exp_weights"])
def test_sums_are_estimates_less_bonuses(name: str, simulator: Simulator, batch: Episode) -> None:
    """One update from the uniform policy, with the bonus taken out."""
    one = jax.tree.map(lambda x: x[0], batch)
    uniform = jnp.full((3, 8, 4), 0.25)
    plain = _linear.estimated(simulator, uniform, one)
    if name == "exp_weights":
        np.testing.assert_allclose(method(name, simulator).estimate(simulator, uniform, one), plain.q)
        return
    with_bonus = method(name, simulator, bonus=0.5).estimate(simulator, uniform, one)
    without = method(name, simulator, bonus=0.0).estimate(simulator, uniform, one)
    want = _linear.dilated_bonus(simulator, uniform, plain.width, jnp.asarray(0.05))  # 0.5 / sqrt(100)
    np.testing.assert_allclose(without - with_bonus, want, rtol=1e-3, atol=1e-4)
    start = method(name, simulator).init(KEY)
    np.testing.assert_allclose(start.policy, 0.25, atol=1e-6)


@pytest.mark.parametrize("name", ["log_barrier_ftrl", "magnitude_reduced", "exp_mixing", "exp_weights"])
def test_a_loss_makes_an_action_rarer_where_it_was_met(name: str, simulator: Simulator) -> None:
    paid = Episode(
        s=jnp.array([[1, 4, 7]]), a=jnp.array([[0, 3, 1]]), r=jnp.array([[0.0, 0.0, 1.0]]), s1=jnp.array([[4, 7, 0]])
    )
    free = paid._replace(r=jnp.zeros((1, 3)))
    learner = method(name, simulator)
    after = learner.update(learner.init(KEY), paid, KEY).policy[0, 2, 7, 1]
    assert float(after) < float(learner.update(learner.init(KEY), free, KEY).policy[0, 2, 7, 1])
