"""Learners with a price of cost: critics against policy evaluation, the price's direction, the guide's part by hand."""

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special

from toybench.blocks import mdp
from toybench.methods.tabular_exploration import _critics
from toybench.methods.tabular_exploration._critics import State
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.tabular_exploration import DISCOUNT, TEMPERATURE, SafeEpisode, SafeSpec, backed_up, soft_policy

KEY = jax.random.key(4)
NAMES = ("lagrangian", "guided_student", "guide_finetune", "source_model_plan")


@pytest.fixture(scope="module")
def world() -> Any:
    task = registry.load("tasks", "tabular_exploration/safe_transfer")(instances=2)
    return task, jax.jit(task.sample)(jax.random.key(12))


def method(name: str, world: Any, **knobs: Any) -> Any:
    one = registry.load("methods", f"tabular_exploration/{name}")(**knobs)
    return replace(one, spec=world[0].spec, steps=150, given=world[0].given(world[1]))


def empty(states: int, actions: int) -> State:
    zero = jnp.zeros((states, actions))
    counts = jnp.zeros((states, actions, states))
    return State(counts=counts, rewards=zero, costs=zero, q=zero, cost_q=zero, softness=jnp.zeros(()))


def test_critics_of_a_soft_policy_are_its_values() -> None:
    """Backups converge to the discounted values of the softmax policy, entropy included."""
    rng = np.random.default_rng(0)
    transitions = jnp.asarray(rng.dirichlet(np.ones(5), size=(5, 3)), jnp.float32)
    rewards = jnp.asarray(rng.uniform(size=(5, 3)) * 0.1, jnp.float32)
    costs = jnp.asarray(rng.uniform(size=(5, 3)), jnp.float32)
    pair = (jnp.zeros((5, 3)), jnp.zeros((5, 3)))
    for _ in range(600):
        pair = backed_up((transitions, rewards, costs), pair, jnp.asarray(0.05))
    policy = soft_policy(*pair, jnp.asarray(0.05))
    entropy = -TEMPERATURE * (policy * jnp.log(policy)).sum(-1)
    value = mdp.policy_value(transitions, rewards + entropy[:, None], policy, DISCOUNT)
    q = rewards + DISCOUNT * transitions @ value
    np.testing.assert_allclose(pair[0], q, rtol=1e-3)
    cost = mdp.policy_value(transitions, costs, policy, DISCOUNT)
    np.testing.assert_allclose(pair[1], costs + DISCOUNT * transitions @ cost, rtol=1e-3)


def test_experience_counts_with_its_weights() -> None:
    batch = SafeEpisode(
        s=jnp.array([0, 2, 0]),
        a=jnp.array([1, 0, 1]),
        r=jnp.array([1.0, 0.5, 3.0]),
        s1=jnp.array([2, 0, 1]),
        cost=jnp.array([0.0, 1.0, 1.0]),
        late=jnp.array([0.0, 0.0, 1.0]),
    )
    state = _critics.remembered(empty(3, 2), batch, jnp.array([1.0, 1.0, 0.5]))
    assert state.counts[0, 1].tolist() == [0.0, 0.5, 1.0]
    assert float(state.rewards[0, 1]) == 2.5 and float(state.costs[0, 1]) == 0.5
    fitted = _critics.refitted(state, jnp.zeros((3, 2)), jnp.full((3, 2), 0.25))
    assert float(fitted.q[1, 0]) == 0.25 and float(fitted.q[0, 0]) == 0.25  # never seen
    still = soft_policy(fitted.q, fitted.cost_q, jnp.asarray(np.log(2.0)))
    entropy = -TEMPERATURE * (still * jnp.log(still)).sum(-1)
    value = (still * fitted.q).sum(-1) + entropy
    want = 2.5 / 1.5 + DISCOUNT * (float(value[2]) * 2 + float(value[1])) / 3
    assert float(fitted.q[0, 1]) == pytest.approx(want, rel=0.15)  # ten backups


def test_the_price_rises_above_the_budget_and_falls_below_it() -> None:
    spec = SafeSpec(instances=1, states=3, actions=2, horizon=24, budget=1.0)
    share = (1 - 0.95**24) / 0.05 / 24
    for mean, sign in ((2 * share, 1), (0.5 * share, -1)):
        state = empty(3, 2)._replace(counts=jnp.ones((3, 2, 3)), cost_q=jnp.full((3, 2), mean))
        after = _critics.repriced(state, spec, jnp.asarray(0.4))
        assert float(after.softness) == pytest.approx(0.4 * (mean - share) * 0.5, rel=1e-4)
        assert np.sign(float(after.softness)) == sign


def play(world: Any, learner: Any, episodes: int) -> Any:
    task, sampled = world

    @jax.jit
    def one(now: Any, state: Any, key: jax.Array) -> Any:
        now, batch = task.draw(now, key, Learner(learner, state))
        return now, learner.update(state, batch, key), batch

    state = learner.init(KEY)
    for i in range(episodes):
        sampled, state, batch = one(sampled, state, jax.random.key(i))
    return sampled, state, batch


def test_without_its_guide_the_student_is_the_lagrangian(world: Any) -> None:
    _, alone, _ = play(world, method("guided_student", world, pull=0.0, rescue=False), 3)
    _, humble, _ = play(world, method("lagrangian", world), 3)
    np.testing.assert_allclose(alone.q, humble.q, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(alone.softness, humble.softness, rtol=1e-5)


def test_the_guide_acts_after_a_cost(world: Any) -> None:
    student = method("guided_student", world)
    behaviour = student.behaviour(student.init(KEY))
    np.testing.assert_allclose(behaviour[:, 1], world[1].guide.policy)
    leaning = np.asarray(world[1].guide.policy, float) ** (0.1 * (np.log(2.0) + 0.1) / TEMPERATURE)
    np.testing.assert_allclose(behaviour[:, 0], leaning / leaning.sum(-1, keepdims=True), rtol=1e-3, atol=1e-6)
    plain = method("lagrangian", world)
    np.testing.assert_array_equal(*np.swapaxes(plain.behaviour(plain.init(KEY)), 0, 1))


def test_steps_of_the_guide_count_with_a_clipped_ratio(world: Any) -> None:
    student = method("guided_student", world)
    state = jax.tree.map(lambda x: x[0], student.init(KEY))
    guide = jax.tree.map(lambda x: x[0], world[1].guide)
    s = jnp.array([9, 9, 9, 9, 9])
    a = jnp.arange(5)
    late = jnp.array([0.0, 1.0, 1.0, 1.0, 1.0])
    zero = jnp.zeros(5)
    batch = SafeEpisode(s=s, a=a, r=zero, s1=s, cost=zero, late=late)
    after = student.learn(state, batch, guide)
    own = np.asarray(student.target(student.init(KEY))[0, 9])
    want = np.clip(own / np.asarray(guide.policy[9]), 0.1, 2.0)
    want[0] = 1.0
    np.testing.assert_allclose(after.counts[9, :, 9], want, rtol=1e-4)


def test_the_pull_towards_the_guide_is_its_log_probability(world: Any) -> None:
    """A step seen once, to a state that was never left: both lean by w (beta + 0.1) log guide."""
    guide = jax.tree.map(lambda x: x[0], world[1].guide)
    action = int(np.asarray(guide.policy[9]).argmin())
    one = jnp.array([9])
    batch = SafeEpisode(
        s=one, a=jnp.array([action]), r=jnp.array([0.3]), s1=jnp.array([63]), cost=jnp.zeros(1), late=jnp.zeros(1)
    )
    beta = np.log(2.0)
    for pull in (0.0, 0.2):
        student = method("guided_student", world, pull=pull)
        state = jax.tree.map(lambda x: x[0], student.init(KEY))
        lean = pull * (beta + 0.1) * np.log(np.asarray(guide.policy, float))
        untried = DISCOUNT * TEMPERATURE * np.log(5) / (1 - DISCOUNT) + lean[63]
        value = TEMPERATURE * special.logsumexp(untried / TEMPERATURE)
        want = 0.3 + lean[9, action] + DISCOUNT * value
        assert float(student.learn(state, batch, guide).q[9, action]) == pytest.approx(want, rel=1e-3)


def test_finetuning_starts_as_the_guide_and_planning_without_a_reward_is_safe(world: Any) -> None:
    task, sampled = world
    tuned = method("guide_finetune", world)
    start = tuned.target(tuned.init(KEY))
    np.testing.assert_allclose(start, sampled.guide.policy, atol=0.02)
    plan = method("source_model_plan", world)
    own = plan.behaviour(plan.init(KEY))
    cost, _ = jax.vmap(task.spent)(sampled.transitions, sampled.hazards, own)
    assert float(cost.mean()) < float(task.floor(sampled).metrics["training_cost"]) / 2


@pytest.mark.parametrize("name", NAMES)
def test_every_learner_finds_the_goal_and_heeds_costs(name: str, world: Any) -> None:
    task, _ = world
    after, state, batch = play(world, method(name, world), 60)
    metrics = task.evaluate(after, KEY, Learner(method(name, world), state))
    floor = task.floor(after).metrics
    assert float(metrics["final_return"]) > 0.4
    assert float(metrics["training_cost"]) < 0.9 * float(floor["training_cost"])
    assert (np.asarray(batch.late)[:, 1:] >= np.asarray(batch.late)[:, :-1]).all()


def test_the_guide_saves_costs(world: Any) -> None:
    after = {n: play(world, method(n, world), 15)[0] for n in ("guided_student", "lagrangian")}
    assert float(after["guided_student"].cost.sum()) < 0.8 * float(after["lagrangian"].cost.sum())
