"""How cheaply is a path followed that starts at noise and ends at data?

Isolates the schedule: the field is exact, so that a few steps miss the data for no other reason than the path's shape
and the solver. Data have mean 0 and one unit of variance a coordinate. Times are equally spaced, from just after the
noise to the data. `kinetic_energy` is the mean squared velocity a coordinate over the path; `excess_energy` sets it in
relation to the least that any schedule has, which follows from the energy w of a quarter turn: (r sin a, r cos a) costs
r'^2 + r^2 a'^2 w(a), a flat cone of opening T = int sqrt(w), whose chord has the energy 2 - 2 cos T.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks.diffusion import Level
from toybench.blocks.random import normals
from toybench.tasks.probability_paths import (
    Data,
    Parts,
    Path,
    Reference,
    Spec,
    energy_to,
    even,
    midpoints,
    parts,
    refer,
    velocity,
)

START = 1e-3  # time of the first call: at 0 the optimal path has an infinite speed in its parameters
CALLS = (2, 4, 6, 10, 64)  # steps of the runs, each a call of the field
TIMES = 64  # midpoints in time over which a path's energy is measured
ANGLES = 128  # steps of a quarter turn over which the least energy is found
BOARD = 4  # squares along an edge of the checkerboard
FINE = 4  # Gaussians along an edge of a square
SPREAD = 0.1  # standard deviation of a component, where components are drawn


class World(NamedTuple):
    """One problem.

    Attributes:
      data: the mixture.
      start: noise [n, d] that samples start from.
      paired: data [n, d] that energies are measured between, with `start`.
      exact: independent samples [n, d] of the data.
      reference: what samples are compared with.
      lengths: of the cone up to each angle of a quarter turn, [g + 1].
      least: kinetic energy [] of the best schedule.
      gap: integral [] of 1 - lambda over the signal-to-noise ratio.
    """

    data: Data
    start: jax.Array
    paired: jax.Array
    exact: jax.Array
    reference: Reference
    lengths: jax.Array
    least: jax.Array
    gap: jax.Array


def turn_energy(data: Data, x1: jax.Array, x0: jax.Array, angle: jax.Array) -> jax.Array:
    """Mean squared velocity [] a coordinate of x = sin a x1 + cos a x0 by the angle: w(a), lambda's place in the cone.

    w = 1 - (1 - lambda(tan a)) / cos^2 a, with lambda the mean square of E[x1 | x].
    """
    alpha = jnp.sin(angle)
    sigma = jnp.cos(angle)
    at = Level(alpha=alpha, sigma=sigma, d_alpha=sigma, d_sigma=-alpha)
    known = parts(data, alpha * x1 + sigma * x0, alpha, sigma)
    return jnp.mean(velocity(at, known) ** 2)


def checkerboard() -> np.ndarray:
    """Centres [k, 2] of small Gaussians that fill every other square of a board, of mean 0."""
    within = (np.arange(FINE) + 0.5) / FINE
    squares = [(i, j) for i in range(BOARD) for j in range(BOARD) if (i + j) % 2 == 0]
    centres = [(i + a, j + b) for i, j in squares for a in within for b in within]
    return np.asarray(centres, np.float32) - BOARD / 2


class ExactFlow(Task):
    """Follow a path along its exact field."""

    data: str = "mixture"  # mixture: 16 Gaussians; points: a finite set; checkerboard: planar
    dim: int = 2  # coordinates of a point; the board has 2
    points: int = 64  # points of the finite data set
    particles: int = 1024  # points that are moved, and points that they are compared with; a multiple of the components

    interface = Path
    steps = 0
    checkpoints = 0
    metrics = {
        "distance_4": Metric("min", "squared energy distance to the data x 1000, after 4 steps"),
        "distance_2": Metric("min", "the same after 2 steps"),
        "distance_6": Metric("min", "the same after 6 steps"),
        "distance_10": Metric("min", "the same after 10 steps"),
        "distance_64": Metric("min", "the same after 64 steps"),
        "kinetic_energy": Metric("min", "mean squared velocity a coordinate over the path"),
        "excess_energy": Metric("min", "kinetic energy over the least of all schedules, less 1"),
        "separation_gap": Metric("info", "integral of 1 - lambda, pi / 2 at most; the data's alone"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(dim=self.dim)

    def given(self, world: World) -> Data:
        return world.data

    @property
    def components(self) -> int:
        """How many Gaussians or points the data are."""
        return {"mixture": 16, "points": self.points, "checkerboard": len(checkerboard())}[self.data]

    def make_data(self, drawn: jax.Array) -> Data:
        """Data of mean 0 and variance 1 a coordinate, from standard normal centres [k, d]."""
        if self.data == "checkerboard":
            board = checkerboard()
            half = 0.5 / FINE  # the Gaussians' standard deviation, half their pitch: they melt into a square
            unit = (board.var() + half**2) ** 0.5
            return Data(centres=jnp.asarray(board / unit), std=jnp.asarray(half / unit, jnp.float32))
        centred = drawn - drawn.mean(0, keepdims=True)
        if self.data == "points":
            scale = jnp.sqrt(jnp.mean(centred**2))  # one for all coordinates: the mean square of a point is d
            return Data(centres=centred / scale, std=jnp.zeros(()))
        scale = jnp.sqrt(jnp.mean(centred**2, 0, keepdims=True) / (1 - SPREAD**2))
        return Data(centres=centred / scale, std=jnp.asarray(SPREAD))

    def sample(self, key: jax.Array) -> World:
        each = (self.particles, self.dim)
        z = normals(key, centres=(self.components, self.dim), start=each, paired=each, points=each, choice=each[:1])
        data = self.make_data(z["centres"])
        paired = even(data, z["paired"])
        share = jax.scipy.stats.norm.cdf(z["choice"]) * self.components
        chosen = jnp.clip(share.astype(jnp.int32), 0, self.components - 1)
        angles = midpoints(jnp.pi / 2, ANGLES)
        energies = jax.lax.map(lambda angle: turn_energy(data, paired, z["start"], angle), angles)
        steps = jnp.pi / 2 / ANGLES * jnp.sqrt(energies)
        lengths = jnp.concatenate([jnp.zeros(1), jnp.cumsum(steps)])
        return World(
            data=data,
            start=z["start"],
            paired=paired,
            exact=data.centres[chosen] + data.std * z["paired"],
            reference=refer(even(data, z["points"]), paired),
            lengths=lengths,
            least=2 - 2 * jnp.cos(lengths[-1]),
            gap=jnp.pi / 2 * (1 - energies.mean()),
        )

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        energy = self.kinetic_energy(world, learner)
        ends = self.follow(world, learner)
        distances = {f"distance_{calls}": energy_to(world.reference, ends[i]) for i, calls in enumerate(CALLS)}
        excess = energy / world.least - 1
        return {**distances, "kinetic_energy": energy, "excess_energy": excess, "separation_gap": world.gap}

    def kinetic_energy(self, world: World, learner: Any) -> jax.Array:
        """Mean squared velocity [] a coordinate, over points of the path itself."""

        def at_time(t: jax.Array) -> jax.Array:
            at = learner.level(t)
            x = at.alpha * world.paired + at.sigma * world.start
            return jnp.mean(velocity(at, parts(world.data, x, at.alpha, at.sigma)) ** 2)

        return jax.lax.map(at_time, START + midpoints(1 - START, TIMES)).mean()

    def follow(self, world: World, learner: Any) -> jax.Array:
        """Where the particles are [runs, n, d] at the end of runs of 2, 4, ... steps, all from the same noise."""
        clock = [np.linspace(START, 1, calls + 1) for calls in CALLS]
        plan = {
            "time": np.concatenate([times[:-1] for times in clock]),
            "next": np.concatenate([times[1:] for times in clock]),
            "first": np.concatenate([np.arange(calls) == 0 for calls in CALLS]),
            "run": np.repeat(np.arange(len(CALLS)), CALLS),
        }
        inputs = {name: jnp.asarray(row, jax.dtypes.canonicalize_dtype(row.dtype)) for name, row in plan.items()}

        def step(ends: jax.Array, now: dict[str, jax.Array]) -> tuple[jax.Array, None]:
            x = jnp.where(now["first"], world.start, ends[now["run"]])
            here = learner.level(now["time"])
            there = learner.level(now["next"])
            known = parts(world.data, x, here.alpha, here.sigma)
            moved = learner.advance(x, known, here, there, now["next"] - now["time"])
            return ends.at[now["run"]].set(moved), None

        ends, _ = jax.lax.scan(step, jnp.zeros((len(CALLS), *world.start.shape)), inputs)
        return ends

    def floor(self, world: World) -> Any:
        """Stays at the noise, on the straight path."""
        return SimpleNamespace(level=straight, advance=lambda x, known, here, there, step: x)

    def oracle(self, world: World) -> Any:
        """Jumps to exact samples, and has the best schedule of the pairs that energies are measured between."""

        def advance(x: jax.Array, known: Parts, here: Level, there: Level, step: jax.Array) -> jax.Array:
            return world.exact

        return SimpleNamespace(level=lambda t: chord(world.lengths, t), advance=advance)


def chord(lengths: jax.Array, t: jax.Array) -> Level:
    """The level at a time [] of the straight line through a cone of these lengths [g + 1]."""
    angles = jnp.linspace(0, jnp.pi / 2, lengths.shape[0])

    def place(t: jax.Array) -> jax.Array:
        across = 1 - t + t * jnp.cos(lengths[-1])
        along = t * jnp.sin(lengths[-1])
        angle = jnp.interp(jnp.arctan2(along, across), lengths, angles)
        return jnp.hypot(across, along) * jnp.stack([jnp.sin(angle), jnp.cos(angle)])

    at, slope = jax.jvp(place, (t,), (jnp.ones_like(t),))
    return Level(alpha=at[0], sigma=at[1], d_alpha=slope[0], d_sigma=slope[1])


def straight(t: jax.Array) -> Level:
    """The level of the straight path at a time []."""
    return Level(alpha=t, sigma=1 - t, d_alpha=jnp.ones_like(t), d_sigma=-jnp.ones_like(t))
