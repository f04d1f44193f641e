"""Gates of two noisy bits: what can one neuron do, and what takes a hidden layer?

Isolates linear separability. The four corners of {-1, 1}^2 are equally frequent, with Gaussian noise of deviation 0.1;
`xor` is open where the bits differ, `and` where both are 1. 200 points for training, 400 for judging. A line is right
on three of xor's four clouds at most, as long as the diagonals cross.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import random
from toybench.errors import UsageError
from toybench.tasks.boolean_functions import CubeSpec, GateLearner, Points

GATES = ("xor", "and")
CORNERS = ((1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0))
TRAIN = 200
TEST = 400


class World(NamedTuple):
    """Points for training and for judging."""

    train: Points
    test: Points


class Known(NamedTuple):
    """A reference that knows its outputs at the points for judging, [n]."""

    outputs: jax.Array

    def probability(self, x: jax.Array) -> jax.Array:
        """What it knows: it is asked about these points only."""
        return self.outputs


class NoisyGates(Task):
    """Balanced accuracy, as three quarters of all points have `and` closed."""

    gate: str = "xor"  # xor or and
    jitter: float = 0.1  # standard deviation of the noise

    interface = GateLearner
    steps = 2000
    metrics = {"balanced_accuracy": Metric("max", "share of points that are right, mean over open and closed")}

    @property
    def spec(self) -> CubeSpec:
        if self.gate not in GATES:
            raise UsageError(f"gate is {self.gate!r}; use one of {', '.join(GATES)}.")
        return CubeSpec(dims=2, points=TRAIN)

    def sample(self, key: jax.Array) -> World:
        noise = random.normals(key, train=(TRAIN, 2), test=(TEST, 2))
        return World(train=self.points(noise["train"]), test=self.points(noise["test"]))

    def points(self, noise: jax.Array) -> Points:
        """Corners in equal shares, moved by noise [n, 2]."""
        corner = jnp.tile(jnp.asarray(CORNERS), (len(noise) // len(CORNERS), 1))
        product = corner.prod(1) < 0
        both = corner.min(1) > 0
        label = product if self.gate == "xor" else both
        return Points(x=corner + self.jitter * noise, y=label.astype(jnp.float32))

    def given(self, world: World) -> Points:
        return world.train

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        opened = (learner.probability(world.test.x) > 0.5).astype(jnp.float32)
        y = world.test.y
        hits = (y * opened).sum() / y.sum()
        rejections = ((1 - y) * (1 - opened)).sum() / (1 - y).sum()
        return {"balanced_accuracy": (hits + rejections) / 2}

    def floor(self, world: World) -> Known:
        """Always closed."""
        return Known(jnp.zeros(TEST))

    def oracle(self, world: World) -> Known:
        """The labels."""
        return Known(world.test.y)
