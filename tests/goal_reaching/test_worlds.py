"""Mazes by brute force, laws by linear algebra."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import gridworld
from toybench.plugins import registry
from toybench.tasks.goal_reaching import Pieces, some_pieces, whole_numbers
from toybench.tasks.goal_reaching.occupancy_prediction import total_variation
from toybench.tasks.goal_reaching.stitching_maze import joined, reached, share


def maze(**fields):
    return registry.load("tasks", "goal_reaching/stitching_maze")(**fields)


def grid(**fields):
    return registry.load("tasks", "goal_reaching/occupancy_prediction")(**fields)


@pytest.fixture(scope="module")
def world():
    return jax.jit(maze().sample)(jax.random.key(3))


@pytest.fixture(scope="module")
def noisy():
    return jax.jit(maze(noise=0.4, length=7).sample)(jax.random.key(4))


def test_pieces_are_shortest_paths(world):
    s = np.asarray(world.pieces.s)
    assert s.shape == (400, 5)
    assert (np.asarray(world.distance)[s[:, 0], s[:, -1]] == 4).all()
    assert (np.asarray(world.following)[s[:, :-1], world.pieces.a] == s[:, 1:]).all()


def test_pieces_start_everywhere_that_is_far_enough_from_something(world):
    wanted = (np.asarray(world.distance) == 4).any(1)
    assert set(np.unique(world.pieces.s[:, 0])) == set(np.flatnonzero(wanted))


def test_noise_is_the_share_of_random_moves(noisy):
    """A random action of five is the best one by chance a fifth of the time; some goals are met on the way."""
    best = np.asarray(gridworld.shortest_policy(noisy.following, noisy.distance).argmax(-1))
    s, a = np.asarray(noisy.pieces.s), np.asarray(noisy.pieces.a)
    goal = np.array([np.flatnonzero(np.asarray(noisy.distance)[start] == 7) for start in s[:, 0]], dtype=object)
    first = np.mean([a[i, 0] in best[s[i, 0], goal[i]] for i in range(len(s))])
    assert first > 0.6
    assert (np.asarray(noisy.following)[s[:, :-1], a] == s[:, 1:]).all()
    assert 0.04 < np.mean(a == 4) < 0.13  # staying is never on the way


def test_joined_pairs_by_brute_force(world):
    wanted = np.zeros((25, 25), bool)
    for piece in np.asarray(world.pieces.s):
        for early, late in itertools.combinations(range(5), 2):
            wanted[piece[early], piece[late]] = True
    np.testing.assert_array_equal(joined(world.pieces, 25), wanted)


def test_success_by_walking(world):
    policy = np.random.default_rng(0).normal(size=(25, 25, 5)).astype(np.float32)
    policy += 2 * np.asarray(gridworld.shortest_policy(world.following, world.distance))
    found = np.asarray(reached(world.following, jnp.asarray(policy)))
    following = np.asarray(world.following)
    for s, g in itertools.product(range(25), range(25)):
        here = s
        for _ in range(64):
            here = here if here == g else following[here, policy[here, g].argmax()]
        assert found[s, g] == (here == g)
    assert 0.1 < found.mean() < 0.9


def test_metrics_split_the_pairs(world):
    task = maze()
    best = task.evaluate(world, jax.random.key(0), task.oracle(world))
    worst = task.evaluate(world, jax.random.key(0), task.floor(world))
    for name in ("unseen_success", "seen_success", "far_success"):
        assert float(best[name]) == 1
        assert float(worst[name]) < 0.2
    assert 0.25 < float(best["seen_share"]) < 0.55


def test_share_of_nothing_is_nothing():
    nothing = jnp.zeros((3, 3), bool)
    assert float(share(~nothing, nothing)) == 0
    assert float(share(jnp.eye(3, dtype=bool), ~nothing)) == pytest.approx(1 / 3)


def test_whole_numbers_are_even():
    found = whole_numbers(jnp.linspace(0, 1, 1000, endpoint=False), 4)
    assert np.bincount(found).tolist() == [250] * 4
    assert int(whole_numbers(jnp.float32(1 - 2**-24), 3)) == 2


def test_a_batch_is_some_of_the_pieces():
    pieces = Pieces(s=jnp.arange(12).reshape(4, 3), a=10 * jnp.arange(8).reshape(4, 2))
    found = some_pieces(pieces, jax.random.key(0), 50)
    np.testing.assert_array_equal(found.s[:, 0] // 3, found.a[:, 0] // 20)
    assert set(np.unique(found.s[:, 0])) == {0, 3, 6, 9}


def test_the_law_of_the_states_to_come_by_counts_and_an_inverse():
    """Counts of a long record, solved by linear algebra, come near to the exact law."""
    world = jax.jit(grid(transitions=40_000).sample)(jax.random.key(0))
    s, a = np.asarray(world.pieces.s), np.asarray(world.pieces.a)
    moves = np.full((25, 5, 25), 1e-9)
    np.add.at(moves, (s[:, :-1], a, s[:, 1:]), 1)
    policy = moves.sum(-1) / moves.sum((1, 2))[:, None]
    transitions = moves / moves.sum(-1, keepdims=True)
    chain = np.einsum("sat,sa->st", transitions, policy)
    law = 0.1 * transitions @ np.linalg.inv(np.eye(25) - 0.9 * chain)
    apart = np.abs(law - np.asarray(world.truth)).sum(-1) / 2
    assert apart[np.asarray(world.seen) > 0].mean() < 0.06
    np.testing.assert_allclose(np.asarray(world.truth).sum(-1), 1, atol=1e-4)


def test_references_of_the_forecast():
    task = grid()
    world = jax.jit(task.sample)(jax.random.key(1))
    assert world.pieces.s.shape == (50, 21)
    assert float(task.evaluate(world, jax.random.key(0), task.oracle(world))["occupancy_tv"]) < 1e-5
    assert float(task.evaluate(world, jax.random.key(0), task.floor(world))["occupancy_tv"]) > 0.2


def test_distances_are_of_laws():
    truth = jnp.asarray([[0.5, 0.5, 0.0]])
    assert float(total_variation(jnp.asarray([[2.0, 2.0, -1.0]]), truth)[0]) == pytest.approx(0, abs=1e-6)
    assert float(total_variation(jnp.asarray([[0.0, 0.0, 3.0]]), truth)[0]) == pytest.approx(1)
    assert float(total_variation(jnp.zeros((1, 3)), truth)[0]) == pytest.approx(0.5)
