"""The worlds of return_conditioning: their laws, exact returns by a second way, and what was recorded."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from toybench.plugins import registry
from toybench.tasks.return_conditioning import Spec, broadcast, to_go, wanted
from toybench.tasks.return_conditioning.windy_grid import beta_half_two

KEY = jax.random.key(5)


def task(name: str, **knobs):
    return registry.load("tasks", f"return_conditioning/{name}")(**knobs)


@pytest.fixture(scope="module")
def windy():
    grid = task("windy_grid", side=3, horizon=4, episodes=2100, best=700)
    return grid, jax.jit(grid.sample)(KEY)


def test_returns_to_go_and_what_is_left() -> None:
    np.testing.assert_array_equal(to_go(jnp.array([[1, 0, 1, 1]])), [[3, 2, 2, 1]])
    spec = Spec(states=1, actions=2, horizon=4, start=0, greedy=True)
    np.testing.assert_array_equal(wanted(spec, jnp.asarray(3)), [3, 2, 1, 0, 0])
    assert broadcast(jnp.full((1, 2), 0.5), spec).shape == (4, 1, 5, 2)
    stepped = jnp.arange(8.0).reshape(4, 1, 2)
    np.testing.assert_array_equal(broadcast(stepped, spec)[:, :, 3], stepped)


def test_beta_draws_have_their_law() -> None:
    drawn = np.asarray(beta_half_two(jax.random.uniform(KEY, (20_000,))))
    assert stats.kstest(drawn, stats.beta(0.5, 2).cdf).statistic < 0.01


@pytest.mark.parametrize("p", [0.1, 0.3])
def test_wins_of_the_bandit_are_of_either_arm(p: float) -> None:
    """P(arm 1 | win) = 1/2 for every p, while the recorded policy wins with chance 2 p (1 - p)."""
    bandit = task("lucky_bandit", p=p, pulls=40_000)
    world = jax.jit(bandit.sample)(KEY)
    a = np.asarray(world.episodes.a[:, 0])
    won = np.asarray(world.episodes.units[:, 0]) == 1
    assert a.mean() == pytest.approx(p, abs=0.01)
    assert won.mean() == pytest.approx(2 * p * (1 - p), abs=0.01)
    assert a[won].mean() == pytest.approx(0.5, abs=0.02)
    assert float(bandit.expected_return(world, bandit.floor(world).policy())) == pytest.approx(2 * p * (1 - p))
    assert float(bandit.expected_return(world, bandit.oracle(world).policy())) == pytest.approx(1 - p)


def moves_of(grid, world):
    """Transitions [S, A, S] of a 3 x 3 grid, written out: a move, then a gust upwards in a fifth of the cases."""
    table = np.zeros((9, 5, 9))
    for cell, (action, (down, right)) in itertools.product(
        range(9), enumerate([(-1, 0), (1, 0), (0, -1), (0, 1), (0, 0)])
    ):
        row, column = min(max(cell // 3 + down, 0), 2), min(max(cell % 3 + right, 0), 2)
        table[cell, action, 3 * row + column] += 0.8
        table[cell, action, 3 * max(row - 1, 0) + column] += 0.2
    return table


def test_moves_of_the_grid_by_hand(windy) -> None:
    grid, world = windy
    np.testing.assert_allclose(world.kernel.sum(-2), np.broadcast_to(moves_of(grid, world), (4, 9, 5, 9)), atol=1e-6)
    kernel = np.asarray(world.kernel)
    pays = kernel[0, :, :, 1].sum((0, 1)) / kernel[0].sum((0, 1, 2))
    np.testing.assert_allclose(kernel[:, :, :, 1], kernel.sum(-2) * pays, atol=1e-6)


def test_expected_return_by_enumeration(windy) -> None:
    """A policy that watches what it collected, by recursion over all outcomes."""
    grid, world = windy
    policy = np.random.default_rng(0).dirichlet(np.ones(5), size=(4, 9, 5))
    kernel = np.asarray(world.kernel, np.float64)

    def ahead(t: int, law: np.ndarray) -> float:
        """Mean total from a law [S, C] of state and collected reward."""
        if t == 4:
            return float((law.sum(0) * np.arange(5)).sum())
        after = np.zeros_like(law)
        for s, c, a in itertools.product(range(9), range(t + 1), range(5)):
            chance = law[s, c] * policy[t, s, c, a]
            after[:, c] += chance * kernel[t, s, a, 0]
            after[:, c + 1] += chance * kernel[t, s, a, 1]
        return ahead(t + 1, after)

    first = np.zeros((9, 5))
    first[4, 0] = 1.0
    exact = float(grid.expected_return(world, jnp.asarray(policy, jnp.float32)))
    assert exact == pytest.approx(ahead(0, first), rel=1e-4)


def test_the_best_policy_is_the_best(windy) -> None:
    """Its return is the optimum, and no single change of an action is better."""
    grid, world = windy
    worth = jax.jit(lambda policy: grid.expected_return(world, broadcast(policy, grid.spec)))
    best = float(worth(world.best))
    assert best == pytest.approx(float(world.optimum), rel=1e-5)
    for t, s, a in itertools.product(range(4), range(9), range(5)):
        changed = world.best.at[t, s].set(jax.nn.one_hot(a, 5))
        assert float(worth(changed)) <= best + 1e-5


def test_what_was_recorded(windy) -> None:
    """Means of the three kinds of episodes against exact values, and moves that the kernel allows."""
    grid, world = windy
    s, a, units = (np.asarray(x) for x in world.episodes)
    assert s.shape == (2100, 5)
    assert np.all(s[:, 0] == 4)
    chances = np.asarray(world.kernel[0])[s[:, :-1], a, units, s[:, 1:]]
    assert np.all(chances > 0)
    wandering, walking, knowing = units.sum(-1).reshape(3, 700)
    noisy = broadcast(0.6 * world.best + 0.4 / 5, grid.spec)
    for returns, policy in ((wandering, grid.uniform()), (knowing, noisy)):
        exact = float(grid.expected_return(world, policy))
        assert returns.mean() == pytest.approx(exact, abs=4 * returns.std() / np.sqrt(700))
    assert knowing.mean() > max(wandering.mean(), walking.mean())
    assert np.bincount(a[:700].ravel(), minlength=5) / 2800 == pytest.approx(0.2, abs=0.03)
    knows = np.asarray(world.best)[np.arange(4)[None], s[1400:, :-1], a[1400:]].mean()
    assert knows == pytest.approx(0.6 + 0.4 / 5, abs=0.03)


def test_references_frame_the_scores(windy) -> None:
    grid, world = windy
    oracle = grid.evaluate(world, KEY, grid.oracle(world))
    floor = grid.evaluate(world, KEY, grid.floor(world))
    assert float(oracle["normalized_return"]) == pytest.approx(1.0, rel=1e-5)
    assert float(oracle["consistency_gap"]) == pytest.approx(0.0, abs=1e-5)
    assert float(floor["normalized_return"]) == pytest.approx(0.0, abs=1e-5)
    assert float(floor["consistency_gap"]) > 0.1
