"""Scores of all states of a puzzle in tables: for methods that learn nothing.

Shapes: t tiles, N = t! states, m states asked about.
"""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from toybench.tasks.combinatorial_search import INVERSE, codes, moves, neighbours


@cache
def expected_step(tiles: int, length: int) -> np.ndarray:
    """Mean step at which walks of that length without moves back meet a state, float [N]; `length` if they never do.

    The walk's state is where it is and the move that it made last, so that its steps are powers of one matrix.
    """
    onward = neighbours(tiles)
    ways = len(moves(tiles))
    here = np.zeros((len(onward), ways))  # probability of a state and of the move that led to it
    for move in range(ways):
        here[onward[0, move], move] += 1 / ways
    met = np.zeros(len(onward))
    steps = np.zeros(len(onward))
    for step in range(1, length + 1):
        met += here.sum(1)
        steps += step * here.sum(1)
        following = np.zeros_like(here)
        for move in range(ways):
            allowed = [last for last in range(ways) if INVERSE[last] != move]
            following[onward[:, move], move] = here[:, allowed].sum(1) / (ways - 1)
        here = following
    return np.where(met > 0, steps / np.where(met > 0, met, 1.0), float(length)).astype(np.float32)


def pattern(rows: np.ndarray, tiles: tuple[int, ...]) -> np.ndarray:
    """Numbers int [m] of where these tiles are in rows [m, t]."""
    width = rows.shape[1]
    places = np.stack([(rows == tile).argmax(1) for tile in tiles], axis=1)
    return places @ width ** np.arange(len(tiles))


@cache
def pattern_distances(width: int, tiles: tuple[int, ...]) -> np.ndarray:
    """Fewest moves that bring these tiles home, int32 [width^len(tiles)] by pattern, the other tiles being blank."""
    home = np.array([tiles], np.int64)
    goes_to = np.argsort(moves(width), axis=1)  # the place that each place's tile goes to
    weights = width ** np.arange(len(tiles))
    distance = np.full(width ** len(tiles), -1, np.int32)
    distance[home @ weights] = 0
    level = home
    while len(level):
        reached = np.unique(np.concatenate([to[level] for to in goes_to]), axis=0)
        level = reached[distance[reached @ weights] < 0]
        distance[level @ weights] = distance.max() + 1
    return distance


def look_up(table: np.ndarray, rows: jax.Array) -> jax.Array:
    """Entries [m] of a table [N] for rows of tiles [m, t]."""
    return jnp.asarray(table, jnp.float32)[codes(rows)]
