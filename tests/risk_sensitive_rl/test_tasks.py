"""The worlds of risk_sensitive_rl: their laws, and their optima by a second way."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from toybench.blocks.mdp import iterated_cvar_induction, kernel_of, lower_tail_mean, tail_induction
from toybench.plugins import registry
from toybench.tasks.risk_sensitive_rl import START, UNIT, averse_values, dual_tail_mean, iterated_value
from toybench.tasks.risk_sensitive_rl._shortcut import (
    HIGH,
    NOTHING,
    SAFE,
    SIZES,
    TOTALS,
    neutral_plan,
    problems,
    rewards,
    start,
)
from toybench.tasks.risk_sensitive_rl.known_shortcut import law_of_totals as law_with_thresholds
from toybench.tasks.risk_sensitive_rl.risky_shortcut import law_of_totals

KEY = jax.random.key(4)
COUNT = 6


def task(name: str, **knobs):
    return registry.load("tasks", f"risk_sensitive_rl/{name}")(**knobs)


@pytest.fixture(scope="module")
def problem():
    return jax.jit(lambda k: problems(k, COUNT))(KEY)


def one(problem, i: int = 0):
    return jax.tree.map(lambda x: x[i], problem)


def safe_way_of(problem) -> np.ndarray:
    """The action [n] that is sure to lead to the safe state."""
    return np.asarray(problem.transitions[:, 0, START, :, SAFE]).argmax(-1)


def short_cut_of(problem) -> np.ndarray:
    """The action [n] that leads to the high state or to nothing."""
    first = np.asarray(problem.transitions[:, 0, START])
    return (first[:, :, HIGH] + first[:, :, NOTHING] - first[:, :, [0, 1, 4, 5]].sum(-1)).argmax(-1)


def random_policy(seed: int, *shape: int, axes: int = 1) -> jax.Array:
    """Random probabilities over the last axes."""
    raw = np.random.default_rng(seed).exponential(size=shape)
    return jnp.asarray(raw / raw.sum(tuple(range(-axes, 0)), keepdims=True), jnp.float32)


def test_the_short_cut_succeeds_with_its_chance_and_the_safe_way_always(problem):
    first = np.asarray(problem.transitions[:, 0, START])
    number = np.arange(COUNT)
    cut = short_cut_of(problem)
    np.testing.assert_allclose(first[number, cut, HIGH], 0.85, atol=1e-5)
    np.testing.assert_allclose(first[number, cut, NOTHING], 0.15, atol=1e-5)
    np.testing.assert_allclose(first[number, safe_way_of(problem), SAFE], 1.0, atol=1e-5)
    assert len(set(safe_way_of(problem))) > 1  # which action it is is drawn by lot
    by_kernel = np.asarray(problem.parts)[number, 0, :, START, cut, HIGH]
    assert by_kernel.min() > 0.71 - 1e-5 and by_kernel.max() < 0.99 + 1e-5 and by_kernel.std() > 0.01
    np.testing.assert_array_equal(problem.units[:, 1, [SAFE, HIGH, NOTHING], 0], [[2, 3, 0]] * COUNT)


def test_one_vector_of_weights_a_step_mixes_every_row(problem):
    np.testing.assert_allclose(problem.transitions.sum(-1), 1.0, atol=1e-5)
    for i in range(COUNT):
        for h in range(1, 4):
            columns = np.asarray(problem.parts[i, h]).reshape(4, -1).T
            weights, residual, _, _ = np.linalg.lstsq(
                columns, np.asarray(problem.transitions[i, h]).ravel(), rcond=None
            )
            assert residual[0] < 1e-9 and weights.min() > -1e-4
            np.testing.assert_allclose(weights.sum(), 1.0, atol=1e-4)


def test_rewards_are_as_the_page_says(problem):
    assert set(np.unique(problem.units[:, 2:])) == {0, 1, 2}
    assert problem.units[:, 0].max() == 0 and problem.units[:, 1].max() == 3


def test_rows_have_the_dirichlet_law():
    """A component of a Dirichlet(1/2, ..., 1/2) law of 6 is Beta(1/2, 5/2)."""
    rows = np.asarray(problems(KEY, 40).parts[:, 2]).reshape(-1, 6)
    assert stats.kstest(rows[:, 0], stats.beta(0.5, 2.5).cdf).statistic < 0.05


def test_the_three_criteria_choose_differently(problem):
    """The mean takes the short cut; the CVaR of the total and the iterated CVaR take the safe way."""
    tails = task("risky_shortcut")
    steps = task("iterated_shortcut")

    @jax.jit
    @jax.vmap
    def plans(p):
        policies = (neutral_plan(p), tails.plan(p), steps.plan(p))
        first = jnp.stack([policy[0, START, 0].argmax() for policy in policies])
        return first, jnp.stack([tails.judge(p, policy) for policy in policies])

    first, tail = plans(problem)
    safe = safe_way_of(problem)
    np.testing.assert_array_equal(first, np.stack([short_cut_of(problem), safe, safe], axis=-1))
    assert (tail[:, 1] - tail[:, 2] > -1e-6).all() and (tail[:, 1] - tail[:, 2] > 1e-3).any()
    assert (tail[:, 1] - tail[:, 0] > 0.05).all()


def test_the_tail_of_the_plan_is_the_optimum_and_no_random_policy_beats_it(problem):
    tails = task("risky_shortcut")
    p = one(problem, 1)
    best, _ = tail_induction(kernel_of(p.transitions, p.units, SIZES), start(), 0.1, TOTALS, UNIT)
    np.testing.assert_allclose(tails.judge(p, tails.plan(p)), best, atol=1e-5)
    several = random_policy(0, 20, 4, 6, TOTALS, 3)
    assert (jax.jit(jax.vmap(lambda policy: tails.judge(p, policy)))(several) < best).all()


def test_the_iterated_optimum_is_not_beaten(problem):
    p = one(problem, 2)
    values, _ = iterated_cvar_induction(p.transitions, rewards(p.units), 0.1)
    steps = task("iterated_shortcut")
    np.testing.assert_allclose(steps.judge(p, steps.plan(p)), values[0, START], atol=1e-5)
    several = random_policy(0, 20, 4, 6, 1, 3)
    assert (jax.jit(jax.vmap(lambda policy: steps.judge(p, policy)))(several) < values[0, START]).all()


def test_the_dual_tail_mean_is_the_tail_mean():
    rng = np.random.default_rng(0)
    values = jnp.asarray(rng.normal(size=(50, 7)), jnp.float32)
    law = jnp.asarray(rng.dirichlet(np.ones(7), 50), jnp.float32)
    for alpha in (0.05, 0.3, 1.0):
        np.testing.assert_allclose(
            dual_tail_mean(values, law, alpha), lower_tail_mean(values, law, alpha), atol=2e-5, rtol=1e-4
        )
    by_hand = dual_tail_mean(jnp.array([0.0, 1.0, 2.0]), jnp.array([0.1, 0.1, 0.8]), 0.3)
    np.testing.assert_allclose(by_hand, (0.1 * 0 + 0.1 * 1 + 0.1 * 2) / 0.3, rtol=1e-5)


def test_the_law_of_totals_is_that_of_played_episodes(problem):
    p = one(problem, 3)
    policy = random_policy(7, 4, 6, TOTALS, 3)
    rng = np.random.default_rng(1)
    counts = np.zeros(TOTALS)
    moves = np.asarray(p.transitions, float)
    acts = np.asarray(policy, float)
    units = np.asarray(p.units)
    for _ in range(4000):
        s, total = START, 0
        for h in range(4):
            a = rng.choice(3, p=acts[h, s, total] / acts[h, s, total].sum())
            total += units[h, s, a]
            s = rng.choice(6, p=moves[h, s, a] / moves[h, s, a].sum())
        counts[total] += 1
    np.testing.assert_allclose(law_of_totals(p, policy), counts / 4000, atol=0.03)


def test_a_policy_that_ignores_thresholds_has_the_law_of_its_actions(problem):
    p = one(problem, 3)
    actions = random_policy(8, 4, 6, 1, 3)
    joint = actions[:, :, :, :, None] * random_policy(9, 4, 6, SIZES, 1, SIZES)
    np.testing.assert_allclose(law_with_thresholds(p, joint), law_of_totals(p, actions), atol=1e-5)


def test_expected_conditional_risk_is_the_sum_of_conditional_risks(problem):
    """Certain actions with the best thresholds: r_0 + sum_t E [(1 - lam) E r_t + lam CVaR(r_t given s before)]."""
    p = one(problem, 4)
    rule = np.random.default_rng(3).integers(0, 3, (4, 6))
    lam, alpha = 0.5, 0.1
    moves = np.asarray(p.transitions, float)
    paid = np.asarray(rewards(p.units), float)
    law = np.eye(6)[START]
    direct = paid[0, START, rule[0, START]]
    for h in range(1, 4):
        arrive = moves[h - 1, np.arange(6), rule[h - 1]]  # [S, S]
        next_paid = paid[h, np.arange(6), rule[h]]
        tails = np.array(lower_tail_mean(jnp.asarray(next_paid, jnp.float32), jnp.asarray(arrive, jnp.float32), alpha))
        direct += law @ ((1 - lam) * arrive @ next_paid + lam * tails)
        law = law @ arrive
    best = -np.inf
    for chosen in thresholds_of_quantiles(moves, paid, rule, alpha):
        policy = np.zeros((4, 6, SIZES, 3, SIZES), np.float32)
        for h in range(4):
            for s in range(6):
                policy[h, s, :, rule[h, s], chosen[h, s]] = 1
        best = averse_values(p.transitions, p.units, SIZES, alpha, lam, jnp.asarray(policy))[0, START, 0]
    np.testing.assert_allclose(best, direct, atol=1e-4)


def thresholds_of_quantiles(moves, paid, rule, alpha):
    """The alpha-quantile of the next reward, in units, by step and state: one array [H, S]."""
    chosen = np.zeros((4, 6), int)
    for h in range(3):
        for s in range(6):
            units = np.rint(paid[h + 1, np.arange(6), rule[h + 1]] / UNIT).astype(int)
            law = np.bincount(units, weights=moves[h, s, rule[h, s]], minlength=SIZES)
            chosen[h, s] = int((np.cumsum(law) >= alpha).argmax())
    return [chosen]


def test_the_best_threshold_policy_is_not_beaten_and_without_aversion_is_the_best_mean(problem):
    p = one(problem, 5)
    best = averse_values(p.transitions, p.units, SIZES, 0.1, 0.5)[0, START, 0]
    several = random_policy(0, 20, 4, 6, SIZES, 3, SIZES, axes=2)
    values = jax.vmap(lambda policy: averse_values(p.transitions, p.units, SIZES, 0.1, 0.5, policy))(several)
    assert (values[:, 0, START, 0] < best).all()
    neutral = averse_values(p.transitions, p.units, SIZES, 0.1, 0.0)[0, START, 0]
    law = law_of_totals(p, neutral_plan(p))
    np.testing.assert_allclose(neutral, (UNIT * np.arange(TOTALS) * law).sum(), atol=1e-5)


class Fixed:
    """A learner that plays given policies."""

    def __init__(self, policy):
        self.table = policy

    def policy(self, key):
        return self.table

    def rule(self, key):
        return self.table[:, :, :, 0]


@pytest.mark.parametrize("name", ["risky_shortcut", "iterated_shortcut"])
def test_who_plays_the_plan_loses_nothing_and_who_plays_blindly_loses_what_the_floor_does(name):
    episodes = task(name, instances=3, steps=9)
    world = episodes.sample(KEY)
    plan = Fixed(jax.vmap(episodes.plan)(world.problem))
    blind = Fixed(jnp.full((3, 4, 6, TOTALS, 3), 1 / 3))
    for learner, expected in ((plan, episodes.oracle(world)), (blind, episodes.floor(world))):
        now = world
        draw = jax.jit(lambda world, key, learner=learner: episodes.draw(world, key, learner))
        for t in range(9):
            now, batch = draw(now, jax.random.key(t))
            assert (batch.s[:, 0] == START).all() and (batch.s1[:, :-1] == batch.s[:, 1:]).all()
        got = episodes.evaluate(now, KEY, learner)
        for metric in (episodes.criterion, "late_slope"):
            np.testing.assert_allclose(got[metric], expected.metrics[metric], rtol=1e-3, atol=2e-5)


def test_what_scores_are_divided_by_is_not_near_zero():
    """The gap of a trial's late slope, and of each instance between uniform choices and the optimum."""
    known = task("known_shortcut", instances=64).sample(KEY)
    assert (known.best - known.uniform).min() > 0.1
    for alpha in (0.1, 0.3):
        for name in ("risky_shortcut", "iterated_shortcut"):
            world = jax.jit(task(name, instances=64, alpha=alpha).sample)(KEY)
            assert world.gap.min() > -1e-5 and world.gap.reshape(8, 8).mean(-1).min() > 0.03


def test_arms_have_the_dirichlet_law_and_the_tail_of_it():
    arms = task("risky_arms", instances=200)
    world = arms.sample(KEY)
    np.testing.assert_allclose(world.law.sum(-1), 1.0, atol=1e-5)
    component = np.asarray(world.law[:, :, 4]).ravel()
    assert stats.kstest(component, stats.beta(0.5, 5.0).cdf).statistic < 0.06
    values = np.linspace(0, 1, 11)
    law = np.asarray(world.law[0, 0], float)
    below = np.clip(0.05 - (np.cumsum(law) - law), 0, law)
    np.testing.assert_allclose(world.cvar[0, 0], (below * values).sum() / 0.05, atol=1e-5)
    still = iterated_value(jnp.ones((1, 1, 2, 1)), jnp.array([[[0.2, 0.7]]]), jnp.array([[[0.5, 0.5]]]), 0.1)
    np.testing.assert_allclose(still, [0.45], rtol=1e-5)
