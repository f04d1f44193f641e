"""Learn the product of six of ten bits from 300 random points: does the order in which they come help?

Isolates the curriculum. The points are distinct and uniform over the cube; those that are left are for judging. Plain
search over all 1,024 products finds the right one at once; a small network trained by gradients memorises instead.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import boolean
from toybench.tasks.boolean_functions import CubeSpec, ParityLearner, Points


class World(NamedTuple):
    """The parity on the cube [N], and the cube's points in random order [N], the first ones for training."""

    target: jax.Array
    order: jax.Array


class Constant(NamedTuple):
    """A reference that knows its margins at the points for judging, [n]."""

    margins: jax.Array

    def margin(self, x: jax.Array) -> jax.Array:
        """What it knows: it is asked about these points only."""
        return self.margins


class SampledParity(Task):
    """Which bits count is drawn in each world."""

    dims: int = 10  # bits
    degree: int = 6  # bits in the product
    samples: int = 300  # points for training

    interface = ParityLearner
    steps = 2000
    metrics = {"accuracy": Metric("max", "share of the unseen points whose sign is right")}

    @property
    def spec(self) -> CubeSpec:
        return CubeSpec(dims=self.dims, points=self.samples)

    def sample(self, key: jax.Array) -> World:
        drawn = jax.random.uniform(key, (self.dims + 2**self.dims,))
        chosen = jnp.argsort(drawn[: self.dims])[: self.degree]
        target = jnp.asarray(boolean.cube(self.dims))[:, chosen].prod(1)
        return World(target=target, order=jnp.argsort(drawn[self.dims :]))

    def given(self, world: World) -> Points:
        rows = world.order[: self.samples]
        return Points(x=jnp.asarray(boolean.cube(self.dims))[rows], y=world.target[rows])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        rows = world.order[self.samples :]
        margins = learner.margin(jnp.asarray(boolean.cube(self.dims))[rows])
        right = (margins > 0) == (world.target[rows] > 0)
        return {"accuracy": right.astype(jnp.float32).mean()}

    def floor(self, world: World) -> Constant:
        """Always 1."""
        return Constant(jnp.ones(2**self.dims - self.samples))

    def oracle(self, world: World) -> Constant:
        """The parity itself."""
        return Constant(world.target[world.order[self.samples :]])
