"""The rooms, their data and returns, by loops of numpy; references; the choice among policies."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.errors import UsageError
from toybench.plugins import registry
from toybench.tasks.zero_shot_rl import Spec, integers, start_return

STEPS = ((-1, 0), (1, 0), (0, -1), (0, 1), (0, 0))


def task(stem, **knobs):
    return registry.load("tasks", f"zero_shot_rl/{stem}")(**knobs)


def discounted(transitions, reward, policy, discount):
    """(1 - discount) mean over s of sum_t discount^t E r(s_{t+1}), by a linear system in float64."""
    chain = np.einsum("sat,sa->st", transitions, policy).astype(np.float64)
    values = np.linalg.solve(np.eye(len(chain)) - discount * chain, chain @ reward)
    return (1 - discount) * values.mean()


@pytest.fixture(scope="module")
def low():
    one = task("zero_shot_rooms")
    return one, jax.jit(one.sample)(jax.random.key(3))


def test_rooms_as_they_are_drawn(low) -> None:
    one, world = low
    free = [(i, j) for i in range(5) for j in range(5) if i != 2 and j != 2]
    doors = [(2, 1), (2, 3), (1, 2), (3, 2)]
    cells = sorted(free + doors)
    assert one.spec == Spec(states=20, actions=5, discount=0.9)
    for s, (i, j) in enumerate(cells):
        for a, (down, right) in enumerate(STEPS):
            there = (i + down, j + right)
            t = cells.index(there) if there in cells else s
            assert float(world.transitions[s, a, t]) == 1.0


def test_returns_by_a_linear_system(low) -> None:
    one, world = low
    transitions = np.asarray(world.transitions)
    uniform = np.full((20, 5), 0.2)
    draw = np.random.default_rng(0).dirichlet(np.ones(5), size=20)
    for k in (0, 7, 9):
        reward = np.asarray(world.rewards[k], np.float64)
        assert float(world.plain[k]) == pytest.approx(discounted(transitions, reward, uniform, 0.9), rel=1e-4)
        found = start_return(world.transitions, world.rewards[k], jnp.asarray(draw, jnp.float32), 0.9)
        assert float(found) == pytest.approx(discounted(transitions, reward, draw, 0.9), rel=1e-4)


def test_the_best_return_of_a_goal_is_by_distances(low) -> None:
    """A goal d moves away is worth discount^(d - 1), and one that is here as much as one that is a move away."""
    _, world = low
    moves = np.asarray(world.transitions).argmax(-1)
    for k in range(8):
        goal = int(np.asarray(world.rewards[k]).argmax())
        far = np.full(20, 99)
        far[goal] = 0
        for _ in range(20):
            far = np.minimum(far, far[moves].min(1) + 1)
        assert float(world.best[k]) == pytest.approx((0.9 ** np.maximum(far - 1, 0)).mean(), rel=1e-4)


def test_rewards_are_goals_that_were_visited_and_bumps(low) -> None:
    _, world = low
    arrived = np.zeros(20)
    arrived[np.asarray(world.data.s1)] = 1
    goals = np.asarray(world.rewards[:8])
    np.testing.assert_allclose(goals.sum(1), 1.0)
    assert (goals @ arrived == 1).all()
    assert 1.0 <= float(world.rewards[8:].max(1).min()) <= float(world.rewards.max()) <= 3.0
    np.testing.assert_allclose(world.shown, np.asarray(world.rewards) * arrived[None, :])


def test_low_coverage_is_eight_walks_to_goals() -> None:
    """Consecutive, of legal moves; seven of ten steps and a fifth of the others come nearer to one goal."""
    one = task("zero_shot_rooms")
    worlds = jax.jit(jax.vmap(one.sample))(jax.vmap(jax.random.key)(jnp.arange(30)))
    s, a, s1 = (np.asarray(x).reshape(30, 15, 8) for x in worlds.data)
    moves = np.asarray(worlds.transitions[0]).argmax(-1)
    np.testing.assert_array_equal(s1, moves[s, a])
    np.testing.assert_array_equal(s1[:, :-1], s[:, 1:])
    pairs = np.array([len(set(zip(x.ravel(), y.ravel(), strict=True))) for x, y in zip(s, a, strict=True)])
    assert 35 < pairs.mean() < 75
    assert 0.5 < (s1 == s)[:, 10:].mean() < 0.85  # most have arrived, and stay
    assert (s1 == s)[:, 0].mean() < 0.5


def test_full_coverage_sees_nearly_all_pairs() -> None:
    one = task("zero_shot_rooms", coverage="full")
    data = jax.jit(one.sample)(jax.random.key(0)).data
    assert data.s.shape == (2000,)
    assert len(set(zip(np.asarray(data.s).tolist(), np.asarray(data.a).tolist(), strict=True))) >= 99
    np.testing.assert_allclose(np.bincount(np.asarray(data.s), minlength=20) / 2000, 0.05, atol=0.02)


def test_batches_are_rows_of_the_data(low) -> None:
    one, world = low
    _, batch = one.draw(world, jax.random.key(0), None)
    rows = set(zip(*(np.asarray(x).tolist() for x in world.data), strict=True))
    assert set(zip(*(np.asarray(x).tolist() for x in batch), strict=True)) <= rows
    assert batch.s.shape == (48,)


def test_references_of_the_rooms(low) -> None:
    one, world = low
    score = jax.jit(lambda who: one.evaluate(world, jax.random.key(0), getattr(one, who)(world)), static_argnums=0)
    for metric, value in score("floor").items():
        assert float(value) == pytest.approx(0.0, abs=1e-5), metric
    for metric, value in score("oracle").items():
        assert float(value) == pytest.approx(1.0, abs=1e-5), metric


@pytest.mark.parametrize("knobs", [{"coverage": "some"}])
def test_unknown_coverage(knobs: dict) -> None:
    with pytest.raises(UsageError, match="use low or full"):
        _ = task("zero_shot_rooms", **knobs).spec


def test_unknown_reward() -> None:
    with pytest.raises(UsageError, match="use linear or goal"):
        _ = task("policy_selection", reward="none").spec


def test_integers_are_even() -> None:
    np.testing.assert_array_equal(np.bincount(integers((jnp.arange(100.0) + 0.5) / 100, 4)), [25] * 4)
    assert int(integers(jnp.asarray(1.0), 4)) == 3


@pytest.fixture(scope="module")
def chosen():
    one = task("policy_selection")
    return one, jax.jit(one.sample)(jax.random.key(5))


def test_policies_and_their_returns(chosen) -> None:
    one, world = chosen
    policies = np.asarray(world.policies)
    np.testing.assert_allclose(policies.sum(-1), 1.0, rtol=1e-5)
    reward = np.asarray(world.given.reward, np.float64)
    for i in (0, 30, 47):
        expected = discounted(np.asarray(world.transitions), reward, policies[i], one.spec.discount)
        assert float(world.returns[i]) == pytest.approx(expected, rel=1e-3, abs=1e-4)
    weight, *_ = np.linalg.lstsq(np.asarray(world.given.features), reward, rcond=None)
    np.testing.assert_allclose(np.asarray(world.given.features) @ weight, reward, atol=1e-3)
    goal = task("policy_selection", reward="goal").sample(jax.random.key(5)).given.reward
    assert sorted(np.asarray(goal).tolist())[-2:] == [0.0, 1.0]


def test_logged_transitions_are_of_the_first_four(chosen) -> None:
    """Frequencies of actions, and of a fifth of all moves that are random."""
    one, world = chosen
    s, a, s1 = (np.asarray(x).reshape(5, 400) for x in world.given.data)
    np.testing.assert_array_equal(s1[:-1], s[1:])
    own = np.asarray(world.policies)[np.arange(400) // 100]
    chance = own[np.arange(400)[None, :], s, a]
    entropy = (own[np.arange(400)[None, :], s] ** 2).sum(-1)
    assert chance.mean() == pytest.approx(entropy.mean(), abs=0.03)
    sure = np.asarray(world.transitions).argmax(-1)
    assert (sure[s, a] == s1).mean() == pytest.approx(np.asarray(world.transitions).max(-1)[s, a].mean(), abs=0.03)


def test_references_of_the_selection(chosen) -> None:
    one, world = chosen
    best = one.evaluate(world, jax.random.key(0), one.oracle(world))
    assert float(best["regret_at_1"]) == 0.0
    assert float(best["rank_correlation"]) == pytest.approx(1.0, abs=1e-5)
    blind = one.evaluate(world, jax.random.key(0), one.floor(world))
    assert float(blind["rank_correlation"]) == 0.0
    true = np.asarray(world.returns)[10:]
    expected = (true.max() - true[0]) / (true.max() - true.mean())
    assert float(blind["regret_at_1"]) == pytest.approx(expected, rel=1e-4)


def test_regression_finds_what_is_linear_and_reads_one_column(chosen) -> None:
    one, world = chosen

    class Linear:
        def embed(self, policies):
            return jnp.stack([world.returns * 3 + 1, jnp.sin(jnp.arange(48.0))], 1)

    class Reversed:
        def embed(self, policies):
            return -world.returns[:, None]

    assert float(one.evaluate(world, jax.random.key(0), Linear())["rank_correlation"]) > 0.98
    assert float(one.evaluate(world, jax.random.key(0), Reversed())["rank_correlation"]) == pytest.approx(-1, abs=1e-5)
