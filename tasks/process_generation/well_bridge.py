"""Paths of an overdamped particle between two given ends in different wells.

Isolates what a model of whole trajectories gains over a model of single steps when what is asked for is rare: of 16
frames, 25 steps of 0.01 apart, the first and the last are given, on different sides of a barrier of height h. Training
shows windows of long runs. At h = 6 one in twenty ends on the other side, so windows are shown as often with a crossing
as without, and a weight says how often each kind really is. Ends are asked that the chain itself would give, so the
answer is exact, by forward and backward sums over 96 cells.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.distances import jensen_shannon
from toybench.blocks.random import uniforms
from toybench.tasks.process_generation import Bridges, BridgeSpec, Windows
from toybench.tasks.process_generation._bridge import (
    bridge_marginals,
    cell_of,
    centres,
    diffusion_matrix,
    powers,
    sample_bridges,
    stationary,
)
from toybench.tasks.process_generation._well import REACH, overdamped, slope

STEP = 0.01  # size of Euler's steps
SUBSTEPS = 25  # of them a frame
CELLS = 96  # of the exact answer


class World(NamedTuple):
    """Runs [runs, length]; numbers of all windows, int32 [w], those that cross first, and how many cross; asked ends
    [q, 2]; edges [11] of cells of equal mass under the exact law; that law at every frame [f - 2, 10]; the chain's
    matrix [c, c]."""

    runs: jax.Array
    order: jax.Array
    crossing: jax.Array
    ends: jax.Array
    edges: jax.Array
    law: jax.Array
    matrix: jax.Array


class WellBridge(Task):
    """Bridge the barrier of a double well."""

    h: float = 4.0  # height of the barrier, in units of the temperature
    frames: int = 16  # frames of a path, both ends included
    runs: int = 1024  # stored runs
    length: int = 64  # frames of a run
    queries: int = 128  # pairs of ends a seed
    paths: int = 16  # paths a pair
    calls: int = 20  # network calls allowed for each path
    batch: int = 128  # windows a step

    interface = Bridges
    steps = 1500
    checkpoints = 1
    metrics = {
        "path_distance": Metric("min", "root of the Jensen-Shannon divergence of positions, pooled over frames"),
        "frame_distance": Metric("min", "the same within a frame, mean over frames"),
        "jitter_error": Metric("min", "|log| of the mean squared second difference, over the exact law's"),
    }

    @property
    def spec(self) -> BridgeSpec:
        return BridgeSpec(frames=self.frames, calls=self.calls, reach=REACH)

    def sample(self, key: jax.Array) -> World:
        """Long runs from the stationary law, ends in different wells, and the exact law between them."""
        for_runs, for_rest = jax.random.split(key)
        u = uniforms(for_rest, start=(self.runs,), first=(self.queries,), last=(self.queries,))
        s = centres(CELLS, REACH)
        matrix = diffusion_matrix(s, -slope(s, self.h), STEP, SUBSTEPS)
        resting = stationary(matrix)
        start = s[pick(resting, u["start"])]
        still = jnp.zeros((self.length, self.runs))
        runs = overdamped(for_runs, start, still, self.h, STEP, SUBSTEPS).T
        across = jnp.where(s[:, None] * s[None, :] < 0, powers(matrix, self.frames - 1)[-1], 0.0)
        first = pick(resting * across.sum(-1), u["first"])
        ladder = jnp.cumsum(across[first], -1)
        last = (ladder <= u["last"][:, None] * ladder[:, -1:]).sum(-1)
        law = bridge_marginals(matrix, first, last, self.frames).mean(0)
        edges = equal_mass(law.mean(0))
        crosses = (runs[:, : self.starts] * runs[:, self.frames - 1 :] < 0).reshape(-1)
        return World(
            runs=runs,
            order=jnp.argsort(~crosses),
            crossing=crosses.sum(),
            ends=jnp.stack([s[first], s[last]], -1),
            edges=edges,
            law=masses(law, edges),
            matrix=matrix,
        )

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Windows]:
        """Windows of the runs; the first half of them cross."""
        u = jax.random.uniform(key, (self.batch,))
        total = world.order.shape[0]
        crosses = jnp.arange(self.batch) < self.batch // 2
        count = jnp.where(crosses, world.crossing, total - world.crossing).astype(jnp.float32)
        place = jnp.where(crosses, 0, world.crossing) + (u * count).astype(jnp.int32)
        number = world.order[jnp.minimum(place, total - 1)]
        run = number // self.starts
        place = (number % self.starts)[:, None] + jnp.arange(self.frames)[None, :]
        return world, Windows(frames=world.runs[run[:, None], place], weight=2 * count / total)

    @property
    def starts(self) -> int:
        """Windows a run."""
        return self.length - self.frames + 1

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        for_learner, for_exact = jax.random.split(key)
        paths = learner.bridge(for_learner, world.ends, self.paths)
        exact = self.oracle(world).bridge(for_exact, world.ends, self.paths)
        bins = (paths[..., None] > world.edges[1:-1].reshape(1, 1, 1, -1)).sum(-1)
        found = (bins[..., None] == jnp.arange(world.law.shape[-1]).reshape(1, 1, 1, -1)).mean((0, 1), jnp.float32)
        return {
            "path_distance": root(jensen_shannon(found.mean(0), world.law.mean(0))),
            "frame_distance": root(jensen_shannon(found, world.law)).mean(),
            "jitter_error": jnp.abs(jnp.log(jitter(paths, world.ends) / jitter(exact, world.ends))),
        }

    def floor(self, world: World) -> Any:
        """A straight line from one end to the other."""
        return SimpleNamespace(bridge=self.straight)

    def straight(self, key: jax.Array, ends: jax.Array, count: int) -> jax.Array:
        """Lines [q, count, f - 2]."""
        share = jnp.arange(1, self.frames - 1) / (self.frames - 1)
        line = ends[:, :1] * (1 - share)[None, :] + ends[:, 1:] * share[None, :]
        return jnp.repeat(line[:, None, :], count, 1)

    def oracle(self, world: World) -> Any:
        """Draws from the exact law, uniform within a cell."""

        def bridge(key: jax.Array, ends: jax.Array, count: int) -> jax.Array:
            cells = jnp.repeat(cell_of(ends, CELLS, REACH), count, 0)
            shape = (self.frames - 2, cells.shape[0])
            u = uniforms(key, path=shape, within=shape)
            visited = sample_bridges(u["path"], world.matrix, cells[:, 0], cells[:, 1])
            positions = centres(CELLS, REACH)[visited] + (u["within"] - 0.5) * (2 * REACH / CELLS)
            return positions.T.reshape(-1, count, self.frames - 2)

        return SimpleNamespace(bridge=bridge)


def pick(weight: jax.Array, u: jax.Array) -> jax.Array:
    """Indices int32 [n] drawn by weights [c] with uniform numbers [n]."""
    ladder = jnp.cumsum(weight)
    return jnp.searchsorted(ladder, u * ladder[-1], side="right").clip(0, weight.shape[0] - 1).astype(jnp.int32)


def equal_mass(law: jax.Array, count: int = 10) -> jax.Array:
    """Edges [count + 1] of cells with equal shares of a law [c] that is uniform within its cells."""
    borders = jnp.linspace(-REACH, REACH, CELLS + 1)
    share = jnp.concatenate([jnp.zeros(1), jnp.cumsum(law)]) / law.sum()
    return jnp.interp(jnp.linspace(0.0, 1.0, count + 1), share, borders)


def masses(law: jax.Array, edges: jax.Array) -> jax.Array:
    """Shares [f, k] of laws [f, c], uniform within their cells, between edges [k + 1]."""
    borders = jnp.linspace(-REACH, REACH, CELLS + 1)
    share = jnp.concatenate([jnp.zeros((law.shape[0], 1)), jnp.cumsum(law, -1)], -1)
    return jnp.diff(jax.vmap(lambda one: jnp.interp(edges, borders, one))(share), axis=-1)


def jitter(paths: jax.Array, ends: jax.Array) -> jax.Array:
    """Mean squared second difference of paths [q, k, f - 2] with their ends [q, 2]."""
    shape = (*paths.shape[:2], 1)
    whole = jnp.concatenate(
        [jnp.broadcast_to(ends[:, None, :1], shape), paths, jnp.broadcast_to(ends[:, None, 1:], shape)], -1
    )
    return (jnp.diff(whole, n=2, axis=-1) ** 2).mean()


def root(x: jax.Array) -> jax.Array:
    """Square root, 0 for what rounding put below 0."""
    return jnp.sqrt(jnp.maximum(x, 0.0))
