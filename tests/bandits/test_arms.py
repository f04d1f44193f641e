"""Arms without features: posteriors, indices and halving against closed forms and hand-worked cases."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from toybench.engine import programs
from toybench.engine.cells import Cell
from toybench.methods.bandits._arms import Tally, variance_of
from toybench.methods.bandits._halving import State as HalvingState
from toybench.methods.bandits._halving import Step, crown, mean_of, rank, turns
from toybench.methods.bandits.kl_ucb import divergence, largest_mean
from toybench.plugins import registry
from toybench.tasks.bandits import gamma, keyed_normal
from toybench.tasks.bandits._arms import ArmSpec, Noise, Pull

SPEC = ArmSpec(instances=2, arms=4, goal="regret", rewards="gaussian", prior=(0.5, 2.0, 3.0, 1.5))
KEY = jax.random.key(3)


def method(name: str, spec: ArmSpec = SPEC, steps: int = 10, **knobs):
    return replace(registry.load("methods", f"bandits/{name}")(**knobs), spec=spec, steps=steps)


@pytest.fixture
def rewards():
    return np.random.default_rng(0).normal(1.0, 2.0, size=(2, 4, 7)).astype(np.float32)


def tally(rewards) -> Tally:
    n = np.full(rewards.shape[:2], rewards.shape[2])
    return Tally(*(jnp.asarray(x, jnp.float32) for x in (n, rewards.sum(-1), (rewards**2).sum(-1))))


def test_gamma_draws_have_the_gamma_law():
    for shape in (1.0, 3.0, 40.0):
        x = np.asarray(jax.jit(gamma)(KEY, jnp.full(20_000, shape)))
        assert stats.kstest(x, stats.gamma(shape).cdf).statistic < 0.012


def test_noise_depends_on_the_arm_and_on_nothing_else():
    a = keyed_normal(KEY, jnp.array([0, 1, 2]))
    b = keyed_normal(KEY, jnp.array([0, 3, 2]))
    assert a[0] == b[0] and a[2] == b[2] and a[1] != b[1]


def test_varts_posterior_rewards_one_by_one(rewards):
    """The batch formula equals seven conjugate updates by one reward each."""
    m, k, a, b = (np.full((2, 4), v) for v in SPEC.prior)
    for r in rewards.transpose(2, 0, 1).astype(float):
        m, k, a, b = (k * m + r) / (k + 1), k + 1, a + 0.5, b + k * (r - m) ** 2 / (2 * (k + 1))
    for got, want in zip(method("varts").posterior(tally(rewards)), (m, k, a, b), strict=True):
        np.testing.assert_allclose(got, want, rtol=2e-5)


def test_varts_with_a_certain_variance_is_gaussian_ts(rewards):
    """a, b to infinity at a fixed ratio: the same posterior of the mean."""
    sure = replace(SPEC, prior=(0.5, 2.0, 1e6, 4e6))
    varts, ts = method("varts", sure), method("gaussian_ts", sure, sigma="mean")
    ts = replace(ts, given=Noise(bound=jnp.ones(2), each=jnp.ones((2, 4))))
    state = tally(rewards)
    draws = [np.asarray(jax.vmap(lambda k, m=m: m.index(state, k))(jax.random.split(KEY, 4000))) for m in (varts, ts)]
    np.testing.assert_allclose(draws[0].mean(0), draws[1].mean(0), atol=0.06)
    np.testing.assert_allclose(draws[0].std(0), draws[1].std(0), rtol=0.06)
    np.testing.assert_allclose(draws[1].std(0), 2 / 3, rtol=0.05)  # sigma / sqrt(2 + 7)


def test_indices_by_hand():
    """Two pulls of each of four arms with rewards 1 and 3: mean 2, variance 1, eight pulls so far."""
    state = tally(np.array([[[1.0, 3.0]] * 4] * 2))
    noise = Noise(bound=jnp.array([2.0, 2.0]), each=jnp.ones((2, 4)))
    log = np.log(8.0)
    ucb1 = replace(method("ucb1", c=0.5), given=noise).index(state, KEY)
    np.testing.assert_allclose(ucb1, 2 + 0.5 * 2 * np.sqrt(2 * log / 2), rtol=1e-5)
    ucb_v = replace(method("ucb_v", c=0.1), given=noise).index(state, KEY)
    np.testing.assert_allclose(ucb_v, 2 + np.sqrt(2 * 0.1 * log / 2) + 3 * 4 * 0.1 * log / 2, rtol=1e-5)
    np.testing.assert_allclose(variance_of(state), 1.0, rtol=1e-5)
    three = tally(np.array([[[1.0, 3.0, 2.0, 2.0]] * 4] * 2))  # 16 pulls in all
    kl = method("kl_ucb", c=0.25).index(three, KEY)
    np.testing.assert_allclose(kl, 2 + np.sqrt(0.5 * (16 ** (2 * 0.25 / 2) - 1)), rtol=1e-4)


def test_kl_index_of_0_1_rewards_solves_its_equation():
    p, level = jnp.array([0.1, 0.5, 0.9]), jnp.array([0.05, 0.3, 0.02])
    q = largest_mean(p, level)
    np.testing.assert_allclose(divergence(p, q), level, rtol=1e-3)
    assert (q > p).all()
    np.testing.assert_allclose(largest_mean(jnp.zeros(1), jnp.array([0.5])), 1 - np.exp(-0.5), rtol=1e-4)


@pytest.mark.parametrize(("steps", "arms"), [(600, 640), (4096, 32), (12, 640), (3, 640), (100, 7)])
def test_halving_never_pulls_more_than_the_budget(steps, arms):
    spec = replace(SPEC, arms=arms, goal="recommend")
    for name in ("sequential_halving", "bracketing_sequential_halving"):
        learner = method(name, spec, steps)
        sizes, plan = learner.plan()
        assert len(plan) <= steps and learner.table().shape == (steps, 5)
        assert len(plan) == steps or name == "sequential_halving"
        assert len(plan) > 0.8 * steps or steps < 600
        assert all(0 <= s.place < sum(sizes) for s in plan)


def play(learner, mean: np.ndarray, noise: float = 0.0):
    """The arm recommended after all steps, and the state."""
    n, rng = len(mean), np.random.default_rng(1)
    state, update = learner.init(KEY), jax.jit(learner.update)
    z = rng.normal(size=(learner.steps, n))
    for t in range(learner.steps):
        arm = np.asarray(learner.pull(state, KEY))
        reward = mean[np.arange(n), arm] + noise * z[t]
        state = update(state, Pull(jnp.asarray(arm), jnp.asarray(reward, jnp.float32)), KEY)
    return np.asarray(learner.recommend(state)), state


@pytest.mark.parametrize("name", ["sequential_halving", "bracketing_sequential_halving"])
def test_halving_without_noise_returns_the_best_arm_of_the_brackets_that_finished(name):
    spec = replace(SPEC, instances=3, arms=20, goal="recommend")
    mean = np.random.default_rng(2).normal(size=(3, 20))
    learner = method(name, spec, steps=200)
    found, state = play(learner, mean)
    bracket = np.repeat(np.arange(len(learner.plan()[0])), learner.plan()[0])
    done = np.isfinite(np.asarray(state.quality))[:, bracket]
    order = np.asarray(state.order)
    best = [mean[i, order[i][done[i]]].max() for i in range(3)]
    np.testing.assert_allclose(mean[np.arange(3), found], best)
    np.testing.assert_allclose(np.asarray(state.quality).max(-1), best, rtol=1e-5)


def test_brackets_are_opened_and_served_as_the_authors_say():
    """Bracket b at step b 2^b: 8, 24 and 64; every pull to the one with the fewest so far."""
    sizes, whose = turns(70, 640)
    assert sizes == [2, 4, 8, 16]
    assert whose[:7] == [0] * 7 and whose[7:15] == [1] * 7 + [0]
    assert [whose.index(b) + 1 for b in range(4)] == [1, 8, 24, 64]
    assert turns(70, 5)[0] == [2, 4, 5, 5]


def test_a_bracket_is_halved_with_its_own_budget_and_then_with_twice_that():
    plan = method("bracketing_sequential_halving", replace(SPEC, arms=640, goal="recommend"), 30).plan()[1]
    second = [s for s in plan if s.bracket == 1]
    assert [s.alive for s in second[:8]] == [4] * 4 + [2] * 4
    assert [s.after for s in second[:8]] == [0, 0, 0, 1, 0, 0, 0, 2]
    assert [s.alive for s in second[8:]] == [4] * len(second[8:])


def test_ranking_sorts_its_segment_and_clears_no_other_sums():
    state = HalvingState(
        order=jnp.array([[5, 6, 7, 8]]),
        total=jnp.array([[9.0, 1.0, 4.0, 3.0]]),
        pulls=jnp.array([[1.0, 1.0, 2.0, 1.0]]),
        winner=jnp.array([[5, 6]]),
        quality=jnp.array([[-jnp.inf, -jnp.inf]]),
        step=jnp.zeros(1, jnp.int32),
    )
    now = Step(bracket=1, place=3, start=1, alive=3, after=2)
    ranked = rank(state, now)
    np.testing.assert_array_equal(ranked.order, [[5, 8, 7, 6]])
    np.testing.assert_array_equal(ranked.total, [[9, 0, 0, 0]])
    crowned = crown(ranked, now, mean_of(state))
    np.testing.assert_array_equal(crowned.winner, [[5, 8]])
    np.testing.assert_array_equal(crowned.quality, [[-np.inf, 3]])


def test_bracketing_ucb_by_hand():
    """Two brackets of two arms; it is the turn of the one with the fewest pulls."""
    learner = method("bracketing_ucb", replace(SPEC, instances=1, arms=2, goal="recommend"), 9, c=0.5)
    state = learner.init(KEY)._replace(
        order=jnp.array([[0, 1, 1, 0]]),
        pulls=jnp.array([[4.0, 3.0, 1.0, 0.0]]),
        total=jnp.array([[4.0, 6.0, 1.0, 0.0]]),
        step=jnp.array(8),
    )
    want = 0.5 * np.sqrt(2 * np.log([7, 7, 1]) / [4, 3, 1])
    np.testing.assert_allclose(learner.width(state)[0, :3], want, rtol=1e-5)
    assert np.isinf(learner.width(state)[0, 3])
    assert learner.place(state)[0] == 3
    assert learner.recommend(state)[0] == 1
    late = learner.update(state, Pull(arm=jnp.array([0]), reward=jnp.array([7.0])), KEY)
    np.testing.assert_array_equal(late.total, [[4, 6, 1, 7]])
    np.testing.assert_array_equal(late.pulls, [[4, 3, 1, 1]])


def test_halving_of_two_arms_errs_as_often_as_a_two_sample_test():
    n, gap, steps = 2000, 0.5, 20
    spec = ArmSpec(n, 2, "recommend", "gaussian", SPEC.prior)
    mean = np.tile([0.0, gap], (n, 1))
    rng = np.random.default_rng(5)
    learner = method("sequential_halving", spec, steps=steps)
    state, update = learner.init(KEY), jax.jit(learner.update)
    for _ in range(steps):
        arm = np.asarray(learner.pull(state, KEY))
        reward = mean[np.arange(n), arm] + rng.normal(size=n)
        state = update(state, Pull(jnp.asarray(arm), jnp.asarray(reward, jnp.float32)), KEY)
    wrong = (np.asarray(learner.recommend(state)) == 0).mean()
    assert abs(wrong - stats.norm.cdf(-gap * np.sqrt(steps) / 2)) < 0.025


def test_regret_is_expected_not_realised():
    """Pulling arm 0 for ever costs exactly its gap a round."""
    task = registry.load("tasks", "bandits/stochastic_arms")(instances=4, steps=5)
    world = task.sample(KEY)

    class Zero:
        def pull(self, key):
            return jnp.zeros(4, jnp.int32)

    for i in range(5):
        world, _ = task.draw(world, jax.random.key(i), Zero())
    np.testing.assert_allclose(world.regret, 5 * (world.mean.max(-1) - world.mean[:, 0]), rtol=1e-5)


def test_the_world_is_drawn_from_the_prior_that_methods_are_told():
    task = registry.load("tasks", "bandits/stochastic_arms")(instances=4000)
    world = jax.jit(programs.sample)(programs.traced(task), KEY)[0]
    m, k, a, b = task.spec.prior
    assert stats.kstest(np.asarray(world.sigma[:, 0]) ** -2, stats.gamma(a, scale=1 / b).cdf).statistic < 0.03
    scaled = np.asarray((world.mean / world.sigma)[:, 0]) * k**0.5
    assert stats.kstest(scaled - m, stats.norm.cdf).statistic < 0.03


def test_regret_scales_with_the_rewards():
    """The conjugate problem has no scale: VarTS pulls the same arms when all rewards are doubled."""
    double = replace(SPEC, prior=(1.0, 2.0, 3.0, 6.0))
    state = tally(np.random.default_rng(0).normal(size=(2, 4, 5)).astype(np.float32))
    twice = Tally(state.pulls, 2 * state.total, 4 * state.square)
    a, b = method("varts").index(state, KEY), method("varts", double).index(twice, KEY)
    np.testing.assert_allclose(b, 2 * a, rtol=1e-4)


@pytest.mark.parametrize("method", ["floor", "ucb1"])
def test_a_smaller_budget_is_a_shorter_problem(method):
    """Regret is a sum over rounds: references and players must be judged over the same number of them."""
    for budget, rounds in (("full", 2000), ("quick", 500)):
        task, _, steps, _ = Cell("bandits", "stochastic_arms", method, budget, (0,)).build()
        assert task.steps == rounds
        assert steps == (0 if method == "floor" else rounds)


def test_varts_takes_another_shape_at_the_same_expected_variance(rewards):
    """Prior (0.5, 2, 3, 1.5) has the expected variance 0.75; of shape 5 its rate is 3."""
    other = method("varts", replace(SPEC, prior=(0.5, 2.0, 5.0, 3.0))).posterior(tally(rewards))
    for got, want in zip(method("varts", shape=5.0).posterior(tally(rewards)), other, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-5)


def test_epsilon_greedy_explores_as_often_as_it_says():
    state = tally(np.array([[[1.0, 3.0]] * 3 + [[9.0, 9.0]]] * 2))
    learner = method("epsilon_greedy", c=0.5)
    chosen = np.asarray(jax.vmap(lambda k: learner.pull(state, k))(jax.random.split(KEY, 4000)))
    rate = 0.5 * 4 / 8  # c k / t after eight pulls
    assert abs((chosen != 3).mean() - rate * 3 / 4) < 0.02
    np.testing.assert_array_equal(learner.recommend(state), [3, 3])


def test_uniform_allocation_pulls_a_subset_in_turn():
    learner = method("uniform_allocation", replace(SPEC, goal="recommend"), steps=10, each=4)
    turns_ = []
    state = learner.init(KEY)
    for _ in range(5):
        arm = learner.pull(state, KEY)
        turns_.append(int(arm[0]))
        state = learner.update(state, Pull(arm=arm, reward=arm.astype(jnp.float32)), KEY)
    assert turns_ == [0, 1, 0, 1, 0]  # ten pulls allow two arms four pulls each
    np.testing.assert_array_equal(learner.recommend(state), [1, 1])
    np.testing.assert_array_equal(state.square, [[0, 2, 0, 0]] * 2)


def test_gaussian_ts_draws_have_the_width_of_its_variance(rewards):
    noise = Noise(bound=jnp.array([3.0, 3.0]), each=jnp.full((2, 4), 0.6))
    keys = jax.random.split(KEY, 4000)
    for sigma, want in (("max", 3.0), ("true", 0.6), ("mean", (1.5 / 2) ** 0.5)):
        learner = replace(method("gaussian_ts", sigma=sigma), given=noise)
        draws = np.asarray(jax.vmap(lambda k, m=learner: m.index(tally(rewards), k))(keys))
        np.testing.assert_allclose(draws.std(0), want / 3, rtol=0.06)  # sqrt(2 + 7)
    mean = (2 * 0.5 + rewards.sum(-1)) / 9
    np.testing.assert_allclose(learner.value(tally(rewards)), mean, rtol=1e-4)


def test_worst_regret_is_that_of_the_worst_gap():
    task = registry.load("tasks", "bandits/many_arms")(arms=4, steps=16, instances=16, means="one_good")
    lacks = jnp.zeros(16).at[4].set(1.0).at[5].set(0.5)
    got = task.judge(lacks, lacks)
    np.testing.assert_allclose(got["simple_regret"], 1.5 / 16)
    np.testing.assert_allclose(got["worst_scaled_regret"], 0.75 / 0.5)
    mean, _ = task.arms_of(KEY)
    np.testing.assert_allclose(np.asarray(mean).max(-1), np.repeat(np.arange(1, 9), 2) * 0.5)
