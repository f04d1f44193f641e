"""What the data show of the rooms, two of the rewards, and where policies seek their goals."""

from typing import Any

import numpy as np

from toybench.blocks import gridworld, mdp
from toybench.reporting import drawing
from toybench.tasks.zero_shot_rl.policy_selection import SIDE

SHOWN = 6  # policies
LONG = 200  # steps


def on_grid(values: np.ndarray, side: int) -> np.ndarray:
    """Numbers [n, S] in their cells [n, side, side]; walls have 0."""
    cells, _ = gridworld.compact(gridworld.four_rooms(side))
    grid = np.zeros((len(values), side * side))
    grid[:, cells] = values
    return grid.reshape(-1, side, side)


def zero_shot_rooms(task: Any, draw: Any) -> Any:
    """How many of a cell's five actions the data show, a reward of one cell and one of three bumps."""

    def drawn(key: Any) -> Any:
        world = task.sample(key)
        return world.data, world.rewards

    data, rewards = draw(drawn)
    seen = np.zeros((np.shape(rewards)[1], 5))
    seen[np.asarray(data.s), np.asarray(data.a)] = 1 / 5
    pictures = np.stack([seen.sum(1), np.asarray(rewards)[0], np.asarray(rewards)[-1]])
    return drawing.tiles(on_grid(pictures, task.side), ["actions seen", "a goal", "bumps"], side=150)


def policy_selection(task: Any, draw: Any) -> Any:
    """Where six of the policies are after long: sharp ones near a goal, dull ones anywhere."""

    def drawn(key: Any) -> Any:
        world = task.sample(key)
        return mdp.chain(world.transitions, world.policies[:SHOWN])

    steps = np.linalg.matrix_power(np.asarray(draw(drawn), np.float64), LONG)[:, 0]
    near = steps / steps.max(1, keepdims=True)
    return drawing.tiles(on_grid(near, SIDE), [f"policy {i + 1}" for i in range(SHOWN)])
