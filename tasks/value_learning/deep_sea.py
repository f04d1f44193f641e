"""A treasure at the end of one path among 2^N: does an ensemble's disagreement lead to it?

Isolates deep exploration. A diver falls one row a step through an N by N grid; one action moves it left, the other
right, and which is which was drawn for every cell. Moves to the right cost 0.01 / N, and only N of them in a row find
the treasure, 1. The diver sees its row and column as numbers and waves, not one-hot, so that values generalise.

A learner is asked for its actions in all cells at once, and is shown the cells that its path met.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.value_learning import Known, Played, Player, PlayerSpec

COST = 0.01  # of an episode that always moves right; Osband et al.'s
WINDOW = 20  # episodes that `solved_share` looks back on
PERIODS = (1.0, 2.0)  # of the waves across the grid
DISCOUNT = 0.99  # the treasure is worth 0.9 or more at the start
BOUNDS = (-0.4, 1.6)  # the return lies in [-0.01, 1]; room on both sides, as the authors of ensembles leave


class World(NamedTuple):
    """A grid, and what came of the episodes so far.

    Attributes:
      right: which action moves to the right, int32 [N, N], row and column.
      seen: whether the diver has been there, float [N, N].
      solved: whether the greedy policy found the treasure after each of the last episodes, newest first, float [20].
      waited: episodes before the greedy policy found it first, [].
      lost: played episodes without the treasure, [].
      played: episodes so far, [].
    """

    right: jax.Array
    seen: jax.Array
    solved: jax.Array
    waited: jax.Array
    lost: jax.Array
    played: jax.Array


class Dive(NamedTuple):
    """One episode: columns before and after, whether each move went right, and rewards, [N]."""

    column: jax.Array
    column1: jax.Array
    rightward: jax.Array
    reward: jax.Array


class DeepSea(Task):
    """Osband's exploration problem with random actions; deterministic."""

    size: int = 10  # N, rows and columns
    updates: int = 5  # gradient steps for an episode
    steps: int = 300  # type: ignore[misc]  # episodes

    interface = Player
    kind = "interactive"
    checkpoints = 5
    metrics = {
        "solved_share": Metric("max", "share of the last 20 episodes after which the greedy policy finds the treasure"),
        "episodes_to_solve": Metric("min", "episodes before the greedy policy first finds the treasure; at most all"),
        "lost_share": Metric("min", "share of the played episodes that missed the treasure"),
        "cells_seen": Metric("info", "share of the reachable cells that were visited"),
    }

    @property
    def spec(self) -> PlayerSpec:
        return PlayerSpec(
            dims=2 + 4 * len(PERIODS),
            actions=2,
            rollout=self.size,
            worlds=1,
            updates=self.updates,
            discount=DISCOUNT,
            bounds=BOUNDS,
            cells=self.size**2,
        )

    def sample(self, key: jax.Array) -> World:
        grid = (self.size, self.size)
        return World(
            right=jax.random.bernoulli(key, 0.5, grid).astype(jnp.int32),
            seen=jnp.zeros(grid),
            solved=jnp.zeros(WINDOW),
            waited=jnp.zeros(()),
            lost=jnp.zeros(()),
            played=jnp.zeros(()),
        )

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Played]:
        cells = observations(self.size)
        table = learner.act(cells, key).reshape(self.size, self.size)
        path = dive(world.right, table)
        found = self.greedy_finds(world, learner)
        rows = jnp.arange(self.size)
        ends = (rows == self.size - 1).astype(jnp.float32)
        below = jnp.minimum(rows + 1, self.size - 1)
        batch = Played(
            obs=cells[rows * self.size + path.column][:, None],
            obs1=cells[below * self.size + path.column1][:, None],
            action=table[rows, path.column][:, None],
            reward=path.reward[:, None],
            done=ends[:, None],
            last=ends[:, None],
            cell=(rows * self.size + path.column)[:, None],
            cell1=(below * self.size + path.column1)[:, None],
        )
        never = world.waited == world.played
        return World(
            right=world.right,
            seen=world.seen.at[rows, path.column].set(1.0),
            solved=jnp.concatenate([found[None], world.solved[:-1]]),
            waited=world.waited + jnp.where(never, 1 - found, 0.0),
            lost=world.lost + 1 - treasure(path),
            played=world.played + 1,
        ), batch

    def greedy_finds(self, world: World, learner: Any) -> jax.Array:
        """1 where the greedy policy finds the treasure, []."""
        table = learner.greedy(observations(self.size)).reshape(self.size, self.size)
        return treasure(dive(world.right, table))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        played = jnp.maximum(world.played, 1.0)
        return {
            "solved_share": world.solved.sum() / jnp.minimum(played, WINDOW),
            "episodes_to_solve": world.waited,
            "lost_share": world.lost / played,
            "cells_seen": world.seen.sum() / (self.size * (self.size + 1) / 2),
        }

    def floor(self, world: World) -> Known:
        """Down the left edge, in every episode."""
        return self.same_path(solved=0.0)

    def oracle(self, world: World) -> Known:
        """Straight to the treasure, in every episode."""
        return self.same_path(solved=1.0)

    def same_path(self, solved: float) -> Known:
        """One path from the first episode to the last, with the treasure at its end or without."""
        return Known(
            {
                "solved_share": jnp.asarray(solved),
                "episodes_to_solve": jnp.asarray((1 - solved) * self.steps),
                "lost_share": jnp.asarray(1 - solved),
                "cells_seen": jnp.asarray(2 / (self.size + 1)),
            }
        )


def observations(size: int) -> jax.Array:
    """What the diver sees in every cell, float [N^2, 10], rows first: row and column in [-1, 1], and waves of both."""
    scaled = jnp.linspace(-1.0, 1.0, size)
    row, column = jnp.meshgrid(scaled, scaled, indexing="ij")
    place = jnp.stack([row.reshape(-1), column.reshape(-1)], -1)
    waves = [f(jnp.pi * p * place) for p in PERIODS for f in (jnp.sin, jnp.cos)]
    return jnp.concatenate([place, *waves], -1)


def dive(right: jax.Array, table: jax.Array) -> Dive:
    """The episode of a policy, int32 [N, N]."""
    size = len(right)

    def fall(column: jax.Array, row: jax.Array) -> tuple[jax.Array, Dive]:
        rightward = table[row, column] == right[row, column]
        column1 = jnp.clip(column + jnp.where(rightward, 1, -1), 0, size - 1)
        found = rightward & (column == size - 1)
        reward = found.astype(jnp.float32) - COST / size * rightward.astype(jnp.float32)
        return column1, Dive(column=column, column1=column1, rightward=rightward, reward=reward)

    return jax.lax.scan(fall, jnp.int32(0), jnp.arange(size))[1]


def treasure(path: Dive) -> jax.Array:
    """1 where an episode moved right throughout, []."""
    return path.rightward.all().astype(jnp.float32)
