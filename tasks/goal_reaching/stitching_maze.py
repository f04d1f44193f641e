"""A maze without loops, known through short pieces of shortest paths: who reaches goals that no piece leads to?

Isolates stitching: a longer path is known in parts only. A 7 x 7 grid with a random spanning tree, so that two cells
have one path between them; five actions. The data are 400 pieces of 6 moves, each the path between two cells that are
6 moves apart, drawn uniformly from such pairs. With `noise` that share of a piece's moves is uniformly random.

Success is exact, as moves are certain: the first of the preferred actions is taken for 64 moves. A pair is `seen` if
some piece goes from its start to its goal.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import gridworld
from toybench.blocks.random import uniforms
from toybench.tasks.goal_reaching import GoalReacher, Pieces, Spec, some_pieces, whole_numbers

DOUBLINGS = 6  # 2^6 = 64 moves are more than the longest path of 7 x 7 cells


class World(NamedTuple):
    """A maze and what is known of it.

    Attributes:
      following: next cell int32 [S, A].
      distance: moves from cell to cell, int32 [S, S].
      pieces: the data.
      seen: whether a piece goes from s to g, bool [S, S].
    """

    following: jax.Array
    distance: jax.Array
    pieces: Pieces
    seen: jax.Array


def walk(following: jax.Array, best: jax.Array, s: jax.Array, g: jax.Array, uniform: jax.Array, noise: Any) -> Pieces:
    """Pieces from s [n] towards g [n] by best actions [S, G]; uniform [L, n, 2] says when and how to stray."""

    def step(s: jax.Array, u: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        a = jnp.where(u[:, 0] < noise, whole_numbers(u[:, 1], following.shape[1]), best[s, g])
        return following[s, a], (s, a)

    last, moves = jax.lax.scan(step, s, uniform)
    states, actions = moves
    return Pieces(s=jnp.concatenate([states, last[None]]).T, a=actions.T)


def joined(pieces: Pieces, states: int) -> jax.Array:
    """Whether a piece goes from s to g, bool [S, S]."""
    seen = jnp.zeros((states, states), bool)
    for gap in range(1, pieces.s.shape[1]):
        seen = seen.at[pieces.s[:, :-gap], pieces.s[:, gap:]].set(True)
    return seen


def reached(following: jax.Array, policy: jax.Array) -> jax.Array:
    """Whether the first of the best actions of a policy [S, G, A] leads from s to g, bool [S, G]."""
    goals = jnp.arange(policy.shape[1])
    place = jnp.take_along_axis(following[:, None, :], policy.argmax(-1)[..., None], axis=2)[..., 0]
    place = jnp.where(goals[:, None] == goals[None, :], goals[None, :], place)
    for _ in range(DOUBLINGS):
        place = place[place, goals[None, :]]
    return place == goals[None, :]


def share(hits: jax.Array, among: jax.Array) -> jax.Array:
    """Mean of hits where `among` is true."""
    return (hits & among).sum() / jnp.maximum(among.sum(), 1)


class StitchingMaze(Task):
    """One maze and its pieces, all pairs of cells."""

    noise: float = 0.0  # share of the moves that are uniformly random, 0 to 1
    length: int = 4  # moves of a piece
    pieces: int = 400  # in the data
    side: int = 5  # cells
    near: int = 8  # moves up to which a pair without a piece counts as unseen, above as far
    batch: int = 64  # pieces a step

    interface = GoalReacher
    steps = 1500
    checkpoints = 4
    metrics = {
        "unseen_success": Metric("max", "share of the pairs without a piece, at most 8 moves apart, that are solved"),
        "seen_success": Metric("max", "share of the pairs that a piece joins"),
        "far_success": Metric("max", "share of the pairs without a piece that are more than 8 moves apart"),
        "seen_share": Metric("info", "share of all pairs that a piece joins"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(
            side=self.side,
            actions=gridworld.ACTIONS,
            pieces=self.pieces,
            length=self.length,
            discount=0.95,
            batch=self.batch,
        )

    def sample(self, key: jax.Array) -> World:
        drawn = uniforms(
            key, edges=(2 * self.side * (self.side - 1),), pair=(self.pieces,), stray=(self.length, self.pieces, 2)
        )
        following = gridworld.tree_maze(drawn["edges"], self.side)
        distance = gridworld.distances(following)
        best = gridworld.shortest_policy(following, distance).argmax(-1)
        apart = jnp.cumsum((distance == self.length).reshape(-1).astype(jnp.int32))
        pair = jnp.searchsorted(apart, whole_numbers(drawn["pair"], apart[-1]), side="right").astype(jnp.int32)
        pieces = walk(following, best, pair // self.side**2, pair % self.side**2, drawn["stray"], self.noise)
        return World(following=following, distance=distance, pieces=pieces, seen=joined(pieces, self.side**2))

    def given(self, world: World) -> Pieces:
        """All pieces."""
        return world.pieces

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Pieces]:
        return world, some_pieces(world.pieces, key, self.batch)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        hits = reached(world.following, learner.goal_policy())
        other = world.distance > 0
        fresh = other & ~world.seen
        return {
            "unseen_success": share(hits, fresh & (world.distance <= self.near)),
            "seen_success": share(hits, other & world.seen),
            "far_success": share(hits, fresh & (world.distance > self.near)),
            "seen_share": share(world.seen, other),
        }

    def floor(self, world: World) -> Any:
        """Goes up, whatever the goal."""
        flat = jnp.zeros((self.side**2, self.side**2, gridworld.ACTIONS))
        return SimpleNamespace(goal_policy=lambda: flat)

    def oracle(self, world: World) -> Any:
        """Takes shortest paths."""
        return SimpleNamespace(goal_policy=lambda: gridworld.shortest_policy(world.following, world.distance))
