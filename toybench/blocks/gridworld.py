"""Gridworlds: rooms and mazes as tables of the next cell, distances and shortest paths.

Shapes: S cells, G goals (all cells), five actions in the order of `MOVES`.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

MOVES = ((-1, 0), (1, 0), (0, -1), (0, 1), (0, 0))  # rows and columns of: up, down, left, right, stay
ACTIONS = len(MOVES)


def open_grid(free: Any) -> Any:
    """The next cell [n m, 5], int32, of each cell and action of a grid free [n, m] (true: no wall).

    A move off the edge or into a wall stays. Walls are cells too, which nobody enters. NumPy stays NumPy.
    """
    lib: Any = np if isinstance(free, np.ndarray) else jnp
    rows, columns = free.shape
    y, x = np.divmod(np.arange(rows * columns), columns)
    there = []
    for down, right in MOVES:
        v, u = np.clip(y + down, 0, rows - 1), np.clip(x + right, 0, columns - 1)
        there.append(v * columns + u)
    target = np.stack(there, axis=1).astype(np.int32)
    here = np.arange(rows * columns, dtype=np.int32)[:, None]
    return lib.where(free.reshape(-1)[target], target, here)


def four_rooms(side: int) -> np.ndarray:
    """A square grid, true where free: a cross of walls makes four rooms, and each arm has a door.

    The cross stands in the middle row and column; the doors are in the middle of the arms. `side` is odd, 5 or more.
    """
    if side < 5 or side % 2 == 0:
        raise ValueError(f"four rooms need an odd side of at least 5, not {side}.")
    free, middle = np.ones((side, side), bool), side // 2
    free[middle, :] = free[:, middle] = False
    for door in (middle // 2, side - 1 - middle // 2):
        free[middle, door] = free[door, middle] = True
    return free


def compact(free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The free cells alone: their places [S] in the grid, and the next cell [S, 5] by its number among them, int32."""
    cells = np.flatnonzero(free.reshape(-1)).astype(np.int32)
    number = np.full(free.size, -1, np.int32)
    number[cells] = np.arange(len(cells))
    return cells, number[open_grid(free)[cells]]


def tree_maze(uniform: jax.Array, side: int) -> jax.Array:
    """The next cell int32 [side^2, 5] in a random maze without loops: walls stand between cells.

    The least spanning tree of the grid (Prim) for edge lengths uniform [2 side (side - 1)].
    """
    count, steps = side * side, open_grid(np.ones((side, side), bool))
    half = side * (side - 1)
    across, along = uniform[:half].reshape(side, side - 1), uniform[half:].reshape(side - 1, side)
    wall = jnp.inf
    length = jnp.stack(
        [
            jnp.pad(along, ((1, 0), (0, 0)), constant_values=wall),
            jnp.pad(along, ((0, 1), (0, 0)), constant_values=wall),
            jnp.pad(across, ((0, 0), (1, 0)), constant_values=wall),
            jnp.pad(across, ((0, 0), (0, 1)), constant_values=wall),
        ],
        axis=-1,
    ).reshape(count, ACTIONS - 1)
    back = jnp.array([1, 0, 3, 2])
    near = jnp.asarray(steps)

    def grow(_: int, tree: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        reached, open_ways = tree
        outward = jnp.where(reached[:, None] & ~reached[near[:, :4]], length, wall)
        cell, way = jnp.divmod(outward.argmin(), ACTIONS - 1)
        there = near[cell, way]
        return reached.at[there].set(True), open_ways.at[cell, way].set(True).at[there, back[way]].set(True)

    first = jnp.zeros(count, bool).at[0].set(True)
    _, ways = jax.lax.fori_loop(0, count - 1, grow, (first, jnp.zeros((count, ACTIONS - 1), bool)))
    here = jnp.arange(count, dtype=jnp.int32)[:, None]
    return jnp.where(jnp.concatenate([ways, jnp.ones((count, 1), bool)], axis=1), near, here)


def with_slip(following: jax.Array, slip: float | jax.Array) -> jax.Array:
    """Transitions [S, A, S] for the next cells [S, A]: with chance `slip` a uniformly random action is done instead."""
    sure = jax.nn.one_hot(following, following.shape[0])
    return (1 - slip) * sure + slip * sure.mean(1, keepdims=True)


def distances(following: jax.Array) -> jax.Array:
    """Least number of moves int32 [S, S] from each cell to each; S where there is no way."""
    count = following.shape[0]
    start = jnp.where(jnp.eye(count, dtype=bool), 0, count).astype(jnp.int32)

    def nearer(moves: jax.Array) -> jax.Array:
        return jnp.minimum(start, moves[following].min(1) + 1)

    return jax.lax.fori_loop(0, count, lambda _, moves: jnp.minimum(nearer(moves), count), start)


def shortest_policy(following: jax.Array, distance: jax.Array) -> jax.Array:
    """A shortest path's action [S, G, A], one-hot, for every cell and goal; the first of those that are as good."""
    rest = distance[following].transpose(0, 2, 1)
    return jax.nn.one_hot(rest.argmin(-1), following.shape[1])
