"""Grids against breadth-first search and by their drawings."""

from collections import deque

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from toybench.blocks import gridworld, mdp


def searched(following: np.ndarray) -> np.ndarray:
    """Moves between all cells by breadth-first search, the number of cells where there is no way."""
    count = len(following)
    moves = np.full((count, count), count)
    for start in range(count):
        moves[start, start], line = 0, deque([start])
        while line:
            here = line.popleft()
            for there in map(int, following[here]):
                if moves[start, there] == count:
                    moves[start, there] = moves[start, here] + 1
                    line.append(there)
    return moves


def test_moves_of_a_drawn_grid() -> None:
    free = np.array([[True, True], [False, True]])
    expected = [[0, 0, 0, 1, 0], [1, 3, 0, 1, 1], [0, 2, 2, 3, 2], [1, 3, 3, 3, 3]]
    following = gridworld.open_grid(free)
    assert isinstance(following, np.ndarray)
    np.testing.assert_array_equal(following, expected)
    np.testing.assert_array_equal(gridworld.open_grid(jnp.asarray(free)), expected)


@pytest.mark.parametrize(("side", "cells"), [(5, 20), (7, 40), (9, 68)])
def test_four_rooms_are_joined_by_four_doors(side: int, cells: int) -> None:
    free = gridworld.four_rooms(side)
    places, following = gridworld.compact(free)
    assert len(places) == cells
    moves = searched(following)
    assert moves.max() < cells
    np.testing.assert_array_equal(gridworld.distances(jnp.asarray(following)), moves)
    middle = side // 2
    doors = [middle * side + middle // 2, (middle // 2) * side + middle]
    for door in doors:
        neighbours = set(following[list(places).index(door)].tolist())
        assert len(neighbours) == 3  # itself and two cells on either side


def test_four_rooms_want_an_odd_side() -> None:
    with pytest.raises(ValueError, match="odd side"):
        gridworld.four_rooms(6)


@pytest.mark.parametrize("seed", range(4))
def test_a_maze_is_a_spanning_tree(seed: int) -> None:
    side = 5
    uniform = jax.random.uniform(jax.random.key(seed), (2 * side * (side - 1),))
    following = np.asarray(jax.jit(gridworld.tree_maze, static_argnums=1)(uniform, side))
    ways = {frozenset((s, int(t))) for s in range(side * side) for t in following[s] if int(t) != s}
    assert len(ways) == side * side - 1
    grid = gridworld.open_grid(np.ones((side, side), bool))
    assert all((following[:, a] == grid[:, a])[following[:, a] != np.arange(side * side)].all() for a in range(4))
    moves = searched(following)
    assert moves.max() < side * side
    np.testing.assert_array_equal(gridworld.distances(jnp.asarray(following)), moves)


def test_mazes_differ() -> None:
    drawn = jax.random.uniform(jax.random.key(0), (2, 24))
    first, second = (gridworld.tree_maze(u, 4) for u in drawn)
    assert (first != second).any()


def test_shortest_policy_arrives_in_time() -> None:
    following = gridworld.tree_maze(jax.random.uniform(jax.random.key(1), (24,)), 4)
    distance = gridworld.distances(following)
    policy = gridworld.shortest_policy(following, distance)
    for goal in range(16):
        here = jnp.arange(16)
        for moves in range(16):
            np.testing.assert_array_equal(here == goal, distance[:, goal] <= moves)
            here = jnp.take_along_axis(following[here], policy[here, goal].argmax(-1)[:, None], axis=1)[:, 0]


def test_unreachable_is_far() -> None:
    following = jnp.asarray(gridworld.open_grid(np.array([[True, False, True]])))
    np.testing.assert_array_equal(gridworld.distances(following)[0], [0, 3, 3])


def test_slip_mixes_with_any_action() -> None:
    _, following = gridworld.compact(gridworld.four_rooms(5))
    transitions = gridworld.with_slip(jnp.asarray(following), 0.2)
    np.testing.assert_allclose(transitions.sum(-1), 1.0, rtol=1e-5)
    staying = transitions[0, 4, 0]  # cell 0 is a corner: up, left and stay of the five stay
    assert float(staying) == pytest.approx(0.8 + 0.2 * 3 / 5)
    values = mdp.policy_value(transitions, jnp.zeros((20, 5)).at[7].set(1.0), jnp.full((20, 5), 0.2), 0.9)
    assert int(values.argmax()) == 7
