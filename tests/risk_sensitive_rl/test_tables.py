"""The learners of episodes: limits that are optima or other methods, numbers by hand, and that they stop losing."""

import math
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks.mdp import backward_induction, iterated_cvar_induction, kernel_of, lower_tail_mean, tail_induction
from toybench.methods.risk_sensitive_rl._tables import Counted, seen_once, tail_plan
from toybench.plugins import registry
from toybench.protocol import Learner
from toybench.tasks.risk_sensitive_rl import START, UNIT, Episodes, Given, TableSpec
from toybench.tasks.risk_sensitive_rl._shortcut import SIZES, TOTALS, problems, rewards, start
from toybench.tasks.risk_sensitive_rl.iterated_shortcut import IteratedShortcut
from toybench.tasks.risk_sensitive_rl.risky_shortcut import RiskyShortcut

COUNT = 2
SPEC = TableSpec(instances=COUNT, steps=4, states=6, actions=3, totals=TOTALS, parts=4, alpha=0.1)
KEY = jax.random.key(6)
MANY = 1e7  # visits that make a model exact


@pytest.fixture(scope="module")
def problem():
    return jax.jit(lambda k: problems(k, COUNT))(KEY)


def method(name: str, problem, spec: TableSpec = SPEC, steps: int = 100, **knobs):
    learner = registry.load("methods", f"risk_sensitive_rl/{name}")(**knobs)
    return replace(learner, spec=spec, steps=steps, given=Given(units=problem.units, parts=problem.parts))


def plan_of(learner, problem, i: int = 0, visits: float = MANY):
    """The plan of a learner of counts that saw the true frequencies."""
    return jax.jit(learner.plan)(visits * problem.transitions[i], problem.units[i])


def one(problem, i: int = 0):
    return jax.tree.map(lambda x: x[i], problem)


@pytest.mark.parametrize("name", ["cvar_ucbvi", "cvar_ucbvi_hoeffding", "cvar_greedy"])
@pytest.mark.parametrize("alpha", [0.1, 0.3, 1.0])
def test_with_the_true_model_the_plan_has_the_best_tail(problem, name, alpha):
    spec = replace(SPEC, alpha=alpha)
    task = RiskyShortcut(alpha=alpha)
    knobs = {} if name == "cvar_greedy" else {"c": 1e-6}
    for i in range(COUNT):
        p = one(problem, i)
        best, _ = tail_induction(kernel_of(p.transitions, p.units, SIZES), start(), alpha, TOTALS, UNIT)
        got = task.judge(p, plan_of(method(name, problem, spec, **knobs), problem, i))
        np.testing.assert_allclose(got, best, atol=1e-4)


def test_at_alpha_one_the_tail_is_the_mean_and_the_iterated_tail_too(problem):
    values, _ = backward_induction(problem.transitions[0], rewards(problem.units[0]))
    best, _ = tail_induction(kernel_of(*one(problem)[:2], SIZES), start(), 1.0, TOTALS, UNIT)
    np.testing.assert_allclose(best, values[0, START], atol=1e-4)
    spec = replace(SPEC, alpha=1.0)
    for visits in (3.0, 30.0):
        for c in (0.01, 0.3):
            neutral = plan_of(method("ucbvi", problem, spec, c=c), problem, visits=visits)
            iterated = plan_of(method("icvar_table", problem, spec, c=c), problem, visits=visits)
            assert (neutral == iterated).mean() > 0.98  # but for ties by rounding


def test_with_the_true_model_rules_are_the_optima_of_their_criteria(problem):
    p = one(problem, 1)
    values, _ = backward_induction(p.transitions, rewards(p.units))
    rule = plan_of(method("ucbvi", problem, c=1e-6), problem, 1)
    np.testing.assert_allclose(IteratedShortcut().judge_mean(p, rule[:, :, None]), values[0, START], atol=1e-4)
    tails, _ = iterated_cvar_induction(p.transitions, rewards(p.units), 0.1)
    rule = plan_of(method("icvar_table", problem, c=1e-7), problem, 1)
    np.testing.assert_allclose(IteratedShortcut().judge(p, rule[:, :, None]), tails[0, START], atol=1e-4)


def test_without_a_bonus_the_two_bonuses_and_the_greedy_plan_are_one(problem):
    counts = jnp.asarray(np.random.default_rng(0).poisson(1.0, (4, 6, 3, 6)), jnp.float32)
    plans = [
        jax.jit(method(name, problem, **knobs).plan)(counts, problem.units[0])
        for name, knobs in (
            ("cvar_ucbvi", {"c": 0.0}),
            ("cvar_ucbvi_hoeffding", {"c": 0.0}),
            ("cvar_greedy", {}),
        )
    ]
    np.testing.assert_array_equal(plans[0], plans[1])
    np.testing.assert_array_equal(plans[0], plans[2])


def test_bonuses_by_hand(problem):
    """One step before the end, from one state: budgets 4 and 7 units, next states that pay 0 and 2."""
    seen: dict = {}

    def record(variance, visits):
        jax.debug.callback(lambda v: seen.setdefault("variance", []).append(np.asarray(v)), variance)
        return jnp.zeros_like(variance)

    counts = jnp.zeros((2, 2, 1, 2)).at[0, 0, 0].set(jnp.array([3.0, 1.0])).at[1, :, 0, 0].set(5.0)
    units = jnp.array([[[0], [0]], [[0], [2]]], jnp.int32)
    spec = replace(SPEC, steps=2, states=2, actions=1, totals=4)
    tail_plan(spec, 0, counts, units, record)
    jax.effects_barrier()
    last = seen["variance"][-1][0, 0]  # of the first step: the shortfall below b is b or (b - 0.5)_+
    for b in range(4):
        short = np.array([UNIT * b, max(UNIT * b - 2 * UNIT, 0)])
        mean = 0.75 * short[0] + 0.25 * short[1]
        np.testing.assert_allclose(last[b], 0.75 * short[0] ** 2 + 0.25 * short[1] ** 2 - mean**2, atol=1e-6)


def test_widths_by_hand(problem):
    """The Bernstein width at a variance of 0.04, and the other at any, after 9 visits."""
    log = math.log(4 * 6 * 3 * 100)
    made: dict = {}

    def catch(spec, begin, counts, units, bonus):
        made["width"] = bonus(jnp.full((1, 1, 2), 0.04), jnp.full((1, 1, 1), 9.0))
        return jnp.zeros(())

    for name, want in (
        ("cvar_ucbvi", 0.5 * math.sqrt(2 * 0.04 * log / 9) + 0.25 * 7 * UNIT * log / 9),
        ("cvar_ucbvi_hoeffding", 0.5 * 7 * UNIT * math.sqrt(log / 18)),
    ):
        module = __import__(f"toybench.methods.risk_sensitive_rl.{name}", fromlist=["tail_plan"])
        kept = module.tail_plan
        module.tail_plan = catch
        try:
            method(name, problem, c=0.5).plan(jnp.zeros((4, 6, 3, 6)), problem.units[0])
        finally:
            module.tail_plan = kept
        np.testing.assert_allclose(made["width"], want, rtol=1e-5)


def test_what_was_never_seen_is_tried_first(problem):
    """Two of three first actions were seen a thousand times: every learner but the random one takes the third."""
    for name in ("cvar_ucbvi", "cvar_ucbvi_hoeffding", "cvar_greedy", "ucbvi", "icvar_table"):
        plan = jax.jit(method(name, problem).plan)
        for third in range(3):
            counts = MANY * problem.transitions[0]
            chosen = plan(counts.at[0, START, third].set(0.0), problem.units[0])
            assert chosen[0, START].reshape(-1, 3)[0].argmax() == third, name


def test_counts_are_those_of_the_episode(problem):
    batch = Episodes(s=jnp.array([[0, 1, 2, 3]] * 2), a=jnp.array([[2, 1, 0, 1]] * 2), s1=jnp.array([[1, 2, 3, 4]] * 2))
    counts = seen_once(SPEC, batch)
    assert counts.sum() == 8 and counts[1, 0, 0, 2, 1] == 1 and counts[0, 3, 3, 1, 4] == 1


def test_random_episodes_come_with_their_chance(problem):
    learner = method("cvar_greedy", problem, tries=5.0)
    state = learner.init(KEY)
    state = Counted(counts=state.counts.at[:, 0, 0, 0, 1].add(19.0), plan=state.plan)
    plans = jax.vmap(lambda k: learner.policy(state, k))(jax.random.split(KEY, 2000))
    random = (plans[:, :, 0, 0, 0] == plans[:, :, 0, 0, 0].mean(-1, keepdims=True)).all(-1)
    np.testing.assert_allclose(random.mean(0), 5 / 20, atol=0.04)


def test_the_regression_is_ridge_regression(problem):
    learner = method("icvar_lsvi", problem, c=0.05)
    state = learner.init(KEY)
    gram = np.stack([[np.eye(4)] * 4] * COUNT)
    target = np.zeros((COUNT, 4, 4))
    rng = np.random.default_rng(4)
    for _ in range(5):
        s, a, s1 = (rng.integers(0, k, (COUNT, 4)) for k in (6, 3, 6))
        for n in range(COUNT):
            for h in range(4):
                psi = np.asarray(state.features[n, h, s[n, h], a[n, h]], float)
                gram[n, h] += np.outer(psi, psi)
                target[n, h] += psi * float(state.short[n, h, s[n, h], a[n, h], s1[n, h]])
        batch = Episodes(s=jnp.asarray(s), a=jnp.asarray(a), s1=jnp.asarray(s1))
        state = jax.jit(learner.update)(state, batch, KEY)
    np.testing.assert_allclose(state.inverse, np.linalg.inv(gram), atol=2e-4)
    np.testing.assert_allclose(state.target, target, rtol=1e-4, atol=1e-4)


def test_with_the_true_weights_and_no_bonus_the_regression_plans_the_optimum(problem):
    learner = method("icvar_lsvi", problem, c=0.0)
    for i in range(COUNT):
        p = one(problem, i)
        weights = [
            np.linalg.lstsq(np.asarray(p.parts[h]).reshape(4, -1).T, np.asarray(p.transitions[h]).ravel(), rcond=None)[
                0
            ]
            for h in range(4)
        ]
        inverse = jnp.broadcast_to(jnp.eye(4), (4, 4, 4))
        rule, _, _ = jax.jit(learner.plan)(inverse, jnp.asarray(np.array(weights), jnp.float32), p.parts, p.units)
        tails, _ = iterated_cvar_induction(p.transitions, rewards(p.units), 0.1)
        np.testing.assert_allclose(IteratedShortcut().judge(p, rule[:, :, None]), tails[0, START], atol=2e-3)


def test_features_are_shortfalls_under_each_kernel_at_the_widest_threshold(problem):
    learner = method("icvar_lsvi", problem, c=0.1)
    state = jax.jit(learner.init)(KEY)
    moves = np.asarray(problem.parts[0, 3], float)  # [m, S, A, S]: after the last step nothing is worth anything
    top = UNIT * (TOTALS - 1)
    np.testing.assert_allclose(state.features[0, 3], top * moves.sum(-1).transpose(1, 2, 0), rtol=1e-4)
    np.testing.assert_allclose(state.short[0, 3], top, rtol=1e-5)


def play(learner, task, episodes: int, key=KEY):
    """The world after so many episodes."""

    def step(now, k):
        world, state = now
        world, batch = task.draw(world, k, Learner(learner, state))
        return (world, learner.update(state, batch, k)), None

    def trial(key):
        world = task.sample(key)
        bound = replace(learner, given=task.given(world))
        nonlocal_learner.append(bound)
        return world

    nonlocal_learner: list = []
    world = trial(key)
    learner = nonlocal_learner[0]
    keys = jax.random.split(key, episodes)
    (world, _), _ = jax.jit(lambda w: jax.lax.scan(step, (w, learner.init(key)), keys))(world)
    return world


@pytest.mark.parametrize(
    ("name", "knobs"),
    [
        ("cvar_ucbvi", {"c": 0.05}),
        ("cvar_ucbvi_hoeffding", {"c": 0.01}),
        ("cvar_greedy", {"tries": 1.0}),
        ("ucbvi", {"c": 0.05}),
    ],
)
def test_who_plans_for_the_tail_stops_losing_it(name, knobs, problem):
    task = RiskyShortcut(instances=COUNT, steps=600)
    world = play(method(name, problem, steps=600, **knobs), task, 600)
    slope = float(task.evaluate(world, KEY, None)["late_slope"])
    assert slope > 0.7 if name == "ucbvi" else slope < 0.4


@pytest.mark.parametrize(("name", "bound"), [("icvar_lsvi", 20.0), ("icvar_table", 70.0), ("ucbvi", None)])
def test_who_plans_for_every_step_loses_less_with_kernels_than_with_counts(name, bound, problem):
    task = IteratedShortcut(instances=COUNT, steps=600)
    knobs = {"c": 0.03} if name == "icvar_lsvi" else {"c": 0.001} if name == "icvar_table" else {"c": 0.05}
    world = play(method(name, problem, steps=600, **knobs), task, 600)
    lost = float(task.evaluate(world, KEY, None)["icvar_regret"])
    assert lost > 200 if bound is None else lost < bound


def test_a_smaller_alpha_makes_the_iterated_tail_lower(problem):
    law = jnp.array([0.2, 0.3, 0.5])
    values = jnp.array([0.0, 0.5, 1.0])
    tails = [float(lower_tail_mean(values, law, a)) for a in (0.1, 0.3, 1.0)]
    assert tails == sorted(tails)
