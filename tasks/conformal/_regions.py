"""Prediction regions for a response: cover it with probability 1 - alpha, with as little volume as can be.

A learner trains on batches; a separate calibration set is public (`self.given`) and sets the size of its regions when
it is asked for one. Inputs and responses are standardised.
Shapes: b points, m inputs, d outputs, p candidates a point, n calibration points.
"""

import abc
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench import Metric, Task


class Regions(Protocol):
    """What a learner of this family answers."""

    def region(self, state: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        """Which candidates y [b, p, d] are in the regions of inputs x [b, m]: bool [b, p]."""


@dataclass(frozen=True)
class RegionSpec:
    """What a method may know."""

    inputs: int
    outputs: int


class Pairs(NamedTuple):
    """Inputs [b, m] and responses [b, d]."""

    x: jax.Array
    y: jax.Array


class Kept(NamedTuple):
    """Public constants: the calibration set, which no batch contains, and the miscoverage alpha, []."""

    x: jax.Array
    y: jax.Array
    alpha: jax.Array


class World(NamedTuple):
    """Standardised train, calibration and test pairs; mean and scale of raw inputs [m] and responses [d]."""

    train: Pairs
    kept: Pairs
    test: Pairs
    mean: Pairs
    scale: Pairs


class RegionTask(Task, abc.ABC):
    """Base of the family's tasks: a subclass gives `pairs` and the candidates by which volume is measured."""

    alpha: float = 0.1  # miscoverage, in (0, 1); the paper's value

    batch: int = 64  # pairs a step
    train: int = 2000  # training pairs
    calibration: int = 500  # calibration pairs

    interface = Regions
    steps = 1500
    checkpoints = 1
    test: ClassVar[int] = 500  # test pairs
    probes: ClassVar[int] = 50  # test inputs at which volume is measured

    @abc.abstractmethod
    def pairs(self, key: jax.Array, n: int) -> Pairs:
        """n raw pairs."""

    @abc.abstractmethod
    def candidates(self) -> tuple[jax.Array, float]:
        """Raw responses that fill a box, [p, d], and the volume that each stands for."""

    @property
    def spec(self) -> RegionSpec:
        return RegionSpec(inputs=1, outputs=self.candidates()[0].shape[1])

    def sample(self, key: jax.Array) -> World:
        n = self.train
        known = n + self.calibration
        raw = self.pairs(key, known + self.test)
        mean = jax.tree.map(lambda v: v[:n].mean(axis=0), raw)
        scale = jax.tree.map(lambda v: v[:n].std(axis=0), raw)
        everything = jax.tree.map(lambda v, m, s: (v - m[None]) / s[None], raw, mean, scale)
        return World(
            train=jax.tree.map(lambda v: v[:n], everything),
            kept=jax.tree.map(lambda v: v[n:known], everything),
            test=jax.tree.map(lambda v: v[known:], everything),
            mean=mean,
            scale=scale,
        )

    def given(self, world: World) -> Kept:
        return Kept(x=world.kept.x, y=world.kept.y, alpha=jnp.asarray(self.alpha))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Pairs]:
        chosen = jax.random.randint(key, (self.batch,), 0, self.train)
        return world, jax.tree.map(lambda v: v[chosen], world.train)

    def volume(self, world: World, learner: Any) -> jax.Array:
        """Mean volume of the regions at the probes, in raw units."""
        raw, unit = self.candidates()
        standard = (raw - world.mean.y[None]) / world.scale.y[None]
        y = jnp.broadcast_to(standard[None], (self.probes, *standard.shape))
        return unit * learner.region(world.test.x[: self.probes], y).sum(1, dtype=jnp.float32).mean()

    def covered(self, world: World, learner: Any) -> jax.Array:
        """Whether each test response is in its region, float [n]."""
        return learner.region(world.test.x, world.test.y[:, None])[:, 0].astype(jnp.float32)

    def floor(self, world: World) -> Any:
        """The box of all calibration responses, whatever the input."""
        low = world.kept.y.min(0)
        high = world.kept.y.max(0)
        return SimpleNamespace(region=lambda x, y: ((y >= low[None, None]) & (y <= high[None, None])).all(-1))


TIE = 1e-4  # alpha (n + 1) that is this close below an integer is that integer: rounding must not decide
FAR = 1e3  # where a point is put that may not be used, in standardised units
TOGETHER = 20  # points of a cloud that are looked at together

VOLUME = {
    "volume": Metric("min", "mean length or area of a region, in the response's own units"),
    "coverage": Metric("info", "share of test responses in their regions"),
}


def upper_quantile(score: jax.Array, alpha: jax.Array | float) -> jax.Array:
    """The ceil((n + 1)(1 - alpha))-th smallest of scores [n]; inf if that is more than n.

    A further exchangeable score is above it with probability at most alpha.
    """
    n = score.shape[0]
    rank = (n + 1 - jnp.floor(alpha * (n + 1) + TIE)).astype(jnp.int32)
    return jnp.where(rank > n, jnp.inf, jnp.sort(score)[jnp.clip(rank - 1, 0, n - 1)])


def nearest(y: jax.Array, cloud: jax.Array, usable: jax.Array | None = None) -> jax.Array:
    """Distance of candidates y [b, p, d] to the nearest usable point of clouds [b, s, d]: [b, p]; large if none is.

    Goes through the cloud some points at a time: an array of all candidates and points would be too large for a cache.
    """
    reachable = cloud if usable is None else jnp.where(usable[..., None], cloud, FAR)
    missing = -cloud.shape[1] % TOGETHER
    whole = jnp.pad(reachable, ((0, 0), (0, missing), (0, 0)), constant_values=FAR)

    def step(at: jax.Array, least: jax.Array) -> jax.Array:
        some = jax.lax.dynamic_slice_in_dim(whole, at * TOGETHER, TOGETHER, axis=1)
        for i in range(TOGETHER):
            square = jnp.zeros(least.shape)
            for j in range(y.shape[-1]):
                square += (y[..., j] - some[:, i, j][:, None]) ** 2
            least = jnp.minimum(least, square)
        return least

    start = jnp.full(y.shape[:2], FAR**2)
    return jnp.sqrt(jax.lax.fori_loop(0, whole.shape[1] // TOGETHER, step, start))
