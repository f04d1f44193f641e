"""Learn what actions are worth from rewards: where to explore, at which scale, in which space.

A learner answers one of two questions. `Player`: what to do at these observations, while it explores and when it is
judged; it sees the transitions that its own exploring brought, and keeps them in a memory of its own. `Valuer`: what
each action is worth in each cell of a chain whose transitions are shown at random, so that nobody has to explore; the
discount is given.

Shapes: T steps, e worlds side by side, n observations, d numbers of an observation, a actions; chains: c chains,
u updates, s cells, k reward channels.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

WIDTH = 64  # of both hidden layers of every player's network, but SimbaV2's
MINIBATCH = 32  # items of a gradient step
TRACK = 0.02  # of the target networks towards the learned ones at every step: they are 50 steps behind
EXPLORING = 0.25  # share of the trial over which random actions become rare
RATES = (0.001, 0.003, 0.01)  # learning rates that every player is tuned over


@dataclass(frozen=True)
class PlayerSpec:
    """What a player may know.

    Attributes:
      dims, actions: numbers of an observation, and actions.
      rollout, worlds: T and e of a batch.
      updates: gradient steps that it may take after each batch.
      discount: of the return that it learns.
      bounds: least and greatest return, where they are known; both 0 where they aren't.
      cells: how many observations there are, for a learner that counts them; 0 where they can't be counted.
    """

    dims: int
    actions: int
    rollout: int
    worlds: int
    updates: int
    discount: float
    bounds: tuple[float, float]
    cells: int


@dataclass(frozen=True)
class ChainSpec:
    """What a learner of the chains' values may know.

    Attributes:
      chains, cells: c and s; two actions in each cell, 0 to the left and 1 to the right.
      tiles: width of a tile; there are as many tilings as a tile is wide, each shifted by one cell.
      rewards: about what the left and the right end pay, each on a channel of its own.
    """

    chains: int
    cells: int
    tiles: int
    rewards: tuple[float, float]


class Played(NamedTuple):
    """What a player's own acting brought.

    Attributes:
      obs, obs1: observations before and after, float [T, e, d].
      action: int32 [T, e].
      reward: float [T, e].
      done: 1 where the world ended, so that nothing follows, float [T, e].
      last: 1 where the episode ended, or was cut off for its length, float [T, e].
      cell, cell1: numbers of the observations, where they can be counted, int32 [T, e].
    """

    obs: jax.Array
    obs1: jax.Array
    action: jax.Array
    reward: jax.Array
    done: jax.Array
    last: jax.Array
    cell: jax.Array
    cell1: jax.Array


class Shown(NamedTuple):
    """Transitions of every chain, in the order of their updates.

    Attributes:
      cell, cell1: before and after, int32 [u, c].
      action: int32 [u, c].
      reward: by channel, float [u, c, 2].
      done: 1 where the chain's end was reached, float [u, c].
    """

    cell: jax.Array
    cell1: jax.Array
    action: jax.Array
    reward: jax.Array
    done: jax.Array


class Player(Protocol):
    """Acts; where observations can be counted, it is asked about all of them, in the order of their numbers."""

    def act(self, state: Any, obs: jax.Array, key: jax.Array) -> jax.Array:
        """Exploring actions, int32 [n], at observations [n, d]."""

    def greedy(self, state: Any, obs: jax.Array) -> jax.Array:
        """What it believes to be the best actions, int32 [n], at observations [n, d]."""


class Valuer(Protocol):
    """Knows values."""

    def values(self, state: Any) -> jax.Array:
        """Expected return of each action in each cell of each chain, float [c, s, 2]."""


class Known(NamedTuple):
    """A reference whose metrics are known without anything being played."""

    metrics: dict[str, jax.Array]


def no_transition(spec: PlayerSpec) -> Played:
    """A transition of zeros, without the axes of steps and worlds."""
    obs = jnp.zeros(spec.dims)
    zero = jnp.zeros(())
    return Played(
        obs=obs, obs1=obs, action=jnp.int32(0), reward=zero, done=zero, last=zero, cell=jnp.int32(0), cell1=jnp.int32(0)
    )


def one_by_one(batch: Played) -> Played:
    """Transitions [T, e, ...] as a list [T e, ...]."""
    return jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), batch)


def capacity(spec: PlayerSpec, steps: int) -> int:
    """Transitions of a whole trial."""
    return max(steps, 1) * spec.rollout * spec.worlds


def random_share(batches: jax.Array, steps: int, end: float | jax.Array) -> jax.Array:
    """Share of random actions after so many batches: from 1 to `end` over the first quarter of the trial."""
    done = batches.astype(jnp.float32) / max(steps * EXPLORING, 1.0)
    return jnp.maximum(1 - (1 - end) * done, end)


def tile_features(cells: int, tiles: int) -> jax.Array:
    """Tile coding, float [s, features]: `tiles` tilings of that width, each row of Euclidean norm 1."""
    place = (jnp.arange(cells)[:, None] + jnp.arange(tiles)[None]) // tiles
    count = (cells - 1 + tiles - 1) // tiles + 1
    return jax.nn.one_hot(place, count).reshape(cells, tiles * count) / tiles**0.5
