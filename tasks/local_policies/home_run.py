"""Walk into a maze, remember what was seen, and find a short way home over steps that were never taken.

Isolates what a map is completed with. The maze is a random spanning tree of 9 x 9 cells, and a fifth of the walls that
are left come down. From home the walker takes 80 random steps without turning back but in dead ends. At each of the 81
places it sees which steps are open within the 3 x 3 cells around it, and each of these is told wrong with chance 0.1.
Then the shortest way home on the learner's map is walked: a step that turns out to be closed costs as much as any other
and leaves the map. The map always has the way in with its loops cut, so that there is a way home. There are 64 walks in
as many mazes for the test, and 256 to learn from.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import gridworld, random
from toybench.tasks.local_policies import (
    WAYS,
    Cartographer,
    Lessons,
    MazeSpec,
    Memory,
    beside,
    either_way,
    inside,
    two_way,
)


class World(NamedTuple):
    """Walks for the test with the true mazes, where they began and ended int32 [b], and walks to learn from."""

    test: Lessons
    home: jax.Array
    end: jax.Array
    train: Lessons


class Walker(NamedTuple):
    """Who goes home in one maze.

    Attributes:
      at: cell, int32 [].
      steps, blocked, trodden: how many steps it tried, how many of them were closed, how many had been walked, [].
      held: what it takes for open, bool [4, s s].
      bumped: whether the last step was closed, bool [].
    """

    at: jax.Array
    steps: jax.Array
    blocked: jax.Array
    trodden: jax.Array
    held: jax.Array
    bumped: jax.Array


class Known(NamedTuple):
    """A reference whose map is known, bool [b, 4, s, s]."""

    known: jax.Array

    def draw_map(self, memory: Memory) -> jax.Array:
        """What it knows."""
        return self.known


class HomeRun(Task):
    """The length of all ways home over that of the shortest ones."""

    side: int = 9  # of the board
    loops: float = 0.2  # chance that a wall comes down, after the spanning tree is there
    flips: float = 0.1  # chance that a step is told wrong
    steps_out: int = 80  # of the walk
    reach: int = 1  # cells in every direction; steps between two of these cells are seen
    walks: int = 64  # for the test
    lessons: int = 256  # walks to learn from

    interface = Cartographer
    steps = 400
    checkpoints = 1
    metrics = {
        "home_ratio": Metric("min", "steps home over those of the shortest ways, closed ones counted"),
        "blocked_rate": Metric("info", "share of the steps home that were closed"),
        "overlap_with_entry": Metric("info", "share of the steps home that had been walked, in either direction"),
    }

    @property
    def spec(self) -> MazeSpec:
        return MazeSpec(side=self.side, walks=self.lessons)

    def sample(self, key: jax.Array) -> World:
        count = self.walks + self.lessons
        cells = (2, self.side, self.side)
        drawn = random.uniforms(
            key,
            tree=(count, 2 * self.side * (self.side - 1)),
            walls=(count, *cells),
            start=(count,),
            turns=(count, self.steps_out, len(WAYS)),
            flips=(count, self.steps_out + 1, *cells),
        )
        truth = jax.vmap(self.maze)(drawn["tree"]) | (two_way(drawn["walls"] < self.loops) & inside(self.side)[None])
        home = jnp.floor(self.side**2 * drawn["start"]).astype(jnp.int32)
        path = jax.vmap(wander)(truth, home, drawn["turns"])
        memory = jax.vmap(self.remember)(truth, path, drawn["flips"])
        lessons = Lessons(memory=memory, truth=truth)
        return World(
            test=jax.tree.map(lambda x: x[: self.walks], lessons),
            home=home[: self.walks],
            end=path[: self.walks, -1],
            train=jax.tree.map(lambda x: x[self.walks :], lessons),
        )

    def maze(self, lengths: jax.Array) -> jax.Array:
        """Steps of the spanning tree, bool [4, s, s]."""
        following = gridworld.tree_maze(lengths, self.side)[:, : len(WAYS)]
        moves = following != jnp.arange(self.side**2)[:, None]
        return moves.T.reshape(len(WAYS), self.side, self.side)

    def remember(self, truth: jax.Array, path: jax.Array, flips: jax.Array) -> Memory:
        """What is kept of a path [t] in a maze [4, s, s]; steps are told wrong by flips [t, 2, s, s]."""
        cell = jnp.stack(jnp.divmod(path, self.side), axis=1)  # [t, 2]
        near = jnp.abs(cell[:, :, None] - jnp.arange(self.side)[None, None]) <= self.reach  # [t, 2, s]
        window = near[:, 0, :, None] & near[:, 1, None, :]
        seen = jnp.stack([window & beside(window, way, False) for way in range(len(WAYS))], axis=1)
        told = truth[None] ^ two_way(flips < self.flips)
        return Memory(
            opened=(seen & told).sum(0).astype(flips.dtype),
            closed=(seen & ~told).sum(0).astype(flips.dtype),
            walked=walked(path, self.side),
            entered=entered(path, self.side),
        )

    def given(self, world: World) -> Lessons:
        return world.train

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        memory = world.test.memory
        held = learner.draw_map(memory) | either_way(memory.entered)
        walkers = jax.vmap(go_home)(world.test.truth, memory.walked, held, world.home, world.end)
        rest = jax.vmap(distances)(world.test.truth, world.home)
        shortest = jnp.take_along_axis(rest, world.end[:, None], axis=1).sum()
        total = walkers.steps.sum().astype(shortest.dtype)
        return {
            "home_ratio": total / shortest,
            "blocked_rate": walkers.blocked.sum().astype(total.dtype) / total,
            "overlap_with_entry": walkers.trodden.sum().astype(total.dtype) / total,
        }

    def floor(self, world: World) -> Known:
        """Nothing but the way in, back."""
        return Known(jnp.zeros_like(world.test.truth))

    def oracle(self, world: World) -> Known:
        """The maze itself."""
        return Known(world.test.truth)


def offsets(side: int) -> jax.Array:
    """By how much each way changes a cell's number, int32 [4]."""
    return jnp.asarray([down * side + right for down, right in WAYS], jnp.int32)


def wander(truth: jax.Array, home: jax.Array, turns: jax.Array) -> jax.Array:
    """Cells int32 [t + 1] of a walk from home by random numbers [t, 4]; it turns back in dead ends only."""
    side = truth.shape[-1]
    open_ways = truth.reshape(len(WAYS), -1)

    def step(carry: tuple[jax.Array, jax.Array], drawn: jax.Array) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
        cell, last = carry
        back = last ^ 1  # up and down, left and right are numbered in pairs
        onward = jnp.where(jnp.arange(len(WAYS)) == back, drawn - 1, drawn)
        way = jnp.where(open_ways[:, cell], onward, -jnp.inf).argmax().astype(jnp.int32)
        there = cell + offsets(side)[way]
        return (there, way), there

    _, cells = jax.lax.scan(step, (home, jnp.asarray(len(WAYS), jnp.int32)), turns)
    return jnp.concatenate([home[None], cells])


def walked(path: jax.Array, side: int) -> jax.Array:
    """Steps of a path [t], in either direction, bool [4, s, s]."""
    moves = (path[1:] - path[:-1])[None] == offsets(side)[:, None]  # [4, t - 1]
    taken = jnp.zeros((len(WAYS), side * side), jnp.int32).at[:, path[:-1]].add(moves.astype(jnp.int32))
    return either_way((taken > 0).reshape(len(WAYS), side, side))


def entered(path: jax.Array, side: int) -> jax.Array:
    """The step from each cell of a path [t] to where it was first entered from, bool [4, s, s]; none at its start."""
    cells = jnp.arange(side * side, dtype=path.dtype)
    at = path[None] == cells[:, None]
    first = at.argmax(1)
    before = path[jnp.maximum(first - 1, 0)]
    back = ((before - cells)[None] == offsets(side)[:, None]) & (first > 0)[None]
    return back.reshape(len(WAYS), side, side)


def distances(held: jax.Array, home: jax.Array) -> jax.Array:
    """Steps [s s] from every cell to home on a map [4, s, s]; inf where there is no way."""
    side = held.shape[-1]
    start = jnp.full(side * side, jnp.inf).at[home].set(0.0).reshape(side, side)

    def nearer(_: int, found: jax.Array) -> jax.Array:
        onward = jnp.stack([beside(found, way, jnp.inf) for way in range(len(WAYS))])
        return jnp.minimum(found, jnp.where(held, onward, jnp.inf).min(0) + 1)

    return jax.lax.fori_loop(0, side * side, nearer, start).reshape(-1)


def go_home(truth: jax.Array, trodden: jax.Array, held: jax.Array, home: jax.Array, end: jax.Array) -> Walker:
    """Walk from the end to home on a map [4, s, s], planning anew after each closed step."""
    side = truth.shape[-1]
    open_ways = truth.reshape(len(WAYS), -1)
    known = trodden.reshape(len(WAYS), -1)

    def plan(walker: Walker) -> Walker:
        rest = distances(walker.held.reshape(truth.shape), home)

        def step(w: Walker) -> Walker:
            around = jnp.clip(w.at + offsets(side), 0, side * side - 1)
            way = jnp.where(w.held[:, w.at], rest[around], jnp.inf).argmin()
            free = open_ways[way, w.at]
            there = around[way]
            kept = w.held.at[way, w.at].set(free).at[way ^ 1, there].set(free)
            return Walker(
                at=jnp.where(free, there, w.at),
                steps=w.steps + 1,
                blocked=w.blocked + (~free).astype(jnp.int32),
                trodden=w.trodden + known[way, w.at].astype(jnp.int32),
                held=kept,
                bumped=~free,
            )

        return jax.lax.while_loop(
            lambda w: (w.at != home) & ~w.bumped, step, walker._replace(bumped=jnp.asarray(False))
        )

    nothing = jnp.zeros((), jnp.int32)
    first = Walker(
        at=end,
        steps=nothing,
        blocked=nothing,
        trodden=nothing,
        held=held.reshape(len(WAYS), -1),
        bumped=jnp.asarray(False),
    )
    return jax.lax.while_loop(lambda w: w.at != home, plan, first)
