"""Fit a product of bits where a part of the cube is never shown: which function does a learner settle on there?

Isolates the bias among interpolators. `pair` is x_a x_b, never shown where both are -1: of all functions that agree
with it elsewhere, x_a + x_b - 1 has the least degree, and is -3 on the unseen quarter, where the target is 1 and a
nearest neighbour says -1. `triple` is x_a x_b x_c, shown where x_a = 1 only; x_b x_c has the least degree. Ten bits,
all seen points for training, their roles shuffled in each world.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import boolean
from toybench.errors import UsageError
from toybench.tasks.boolean_functions import CubeSpec, Interpolator, Points, Table

TARGETS = {"pair": 0.75, "triple": 0.5}  # and the share of the cube that is seen
TINY = 1e-12  # keeps the mass of the function 0 from dividing


class World(NamedTuple):
    """On the cube of N points: the target [N], the interpolator of least degree [N], where it is seen [N] bool.

    Attributes:
      order: the N points, those that are seen first.
    """

    target: jax.Array
    least: jax.Array
    seen: jax.Array
    order: jax.Array


class UnseenDomain(Task):
    """Whole cube for judging, a part of it for training."""

    target: str = "pair"  # pair or triple
    dims: int = 10  # bits

    interface = Interpolator
    steps = 3000
    metrics = {
        "distance_to_mdi": Metric("min", "mean square over the cube of what is between a learner and the least degree"),
        "high_degree_mass": Metric("min", "share of a learner's Walsh mass above the degree of that interpolator"),
        "unseen_mse": Metric("info", "mean square error on the unseen part"),
        "seen_mse": Metric("info", "mean square error on the seen part"),
    }

    @property
    def spec(self) -> CubeSpec:
        if self.target not in TARGETS:
            raise UsageError(f"target is {self.target!r}; use one of {', '.join(TARGETS)}.")
        return CubeSpec(dims=self.dims, points=round(TARGETS[self.target] * 2**self.dims))

    @property
    def degree(self) -> int:
        """Degree of the interpolator of least degree."""
        return 1 if self.target == "pair" else 2

    def sample(self, key: jax.Array) -> World:
        roles = jax.random.permutation(key, jnp.asarray(boolean.cube(self.dims)), axis=1)
        first = roles[:, 0]
        second = roles[:, 1]
        if self.target == "pair":
            target = first * second
            least = first + second - 1
            seen = jnp.maximum(first, second) > 0
        else:
            least = second * roles[:, 2]
            target = first * least
            seen = first > 0
        return World(target=target, least=least, seen=seen, order=jnp.argsort(~seen))

    def given(self, world: World) -> Points:
        rows = world.order[: self.spec.points]
        x = jnp.asarray(boolean.cube(self.dims))[rows]
        return Points(x=x[None], y=world.target[rows][None])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        values = learner.values(jnp.asarray(boolean.cube(self.dims)))[0]
        seen = world.seen.astype(values.dtype)
        error = (values - world.target) ** 2
        mass = boolean.walsh_transform(values) ** 2
        high = jnp.asarray(boolean.degrees(self.dims) > self.degree)
        return {
            "distance_to_mdi": ((values - world.least) ** 2).mean(),
            "high_degree_mass": jnp.where(high, mass, 0.0).sum() / (mass.sum() + TINY),
            "unseen_mse": ((1 - seen) * error).sum() / (1 - seen).sum(),
            "seen_mse": (seen * error).sum() / seen.sum(),
        }

    def floor(self, world: World) -> Table:
        """The target itself: it has no bias to low degrees."""
        return Table(world.target[None])

    def chance(self, world: World) -> Table:
        """The function 0."""
        return Table(jnp.zeros_like(world.target)[None])

    def oracle(self, world: World) -> Table:
        """The interpolator of least degree."""
        return Table(world.least[None])
