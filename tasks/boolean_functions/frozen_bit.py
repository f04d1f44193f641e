"""One bit stands still in training: is the error on the whole cube foretold by that bit's influence?

Isolates what is learnt about a variable that never varied. The target `pvr` (pointer value retrieval) has two pointer
bits, which choose one of four windows of three among six more bits; its value is the majority in the window. Each of
the eight bits is frozen at 1 in turn: eight training sets of 128 points, eight learners side by side. Half the mean
square error over the cube is compared with the influence of the frozen bit, and with a formula for linear models,
(f_0 - f_k)^2 / 4. `linear` is a random linear function of eight bits. A learner that copies the nearest seen point
has the influence for its error exactly, whatever the target.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks import boolean
from toybench.errors import UsageError
from toybench.tasks.boolean_functions import CubeSpec, Interpolator, Points, Table

TARGETS = ("pvr", "linear")
POINTERS = 2  # bits that choose a window
WINDOW = 3  # bits in a window: odd, so that a majority has no ties
DIMS = POINTERS + 2**POINTERS + WINDOW - 1  # bits of the shortest string that has all windows
SMALLEST = 0.5  # size of a linear target's coefficients, up to 1
TINY = 1e-12  # keeps errors that are all alike from dividing


class World(NamedTuple):
    """The target's values [N] on the cube."""

    target: jax.Array


class FrozenBit(Task):
    """As many training sets as there are bits."""

    target: str = "pvr"  # pvr or linear

    interface = Interpolator
    steps = 1500
    metrics = {
        "influence_gap": Metric("min", "distance of half the mean square error from the influence, mean over bits"),
        "influence_correlation": Metric("max", "Spearman's rank correlation of both over the bits"),
        "linear_formula_gap": Metric("min", "distance of half the error from the linear formula, mean over the bits"),
        "seen_mse": Metric("info", "mean square error on the training sets"),
    }

    @property
    def spec(self) -> CubeSpec:
        if self.target not in TARGETS:
            raise UsageError(f"target is {self.target!r}; use one of {', '.join(TARGETS)}.")
        return CubeSpec(dims=DIMS, points=2 ** (DIMS - 1), sets=DIMS)

    def sample(self, key: jax.Array) -> World:
        x = jnp.asarray(boolean.cube(DIMS))
        if self.target == "linear":
            drawn = jax.random.uniform(key, (DIMS + 1,), minval=-1.0)
            coefficients = jnp.sign(drawn) * (SMALLEST + (1 - SMALLEST) * jnp.abs(drawn))
            return World(target=coefficients[0] + x @ coefficients[1:])
        return World(target=pointer_value(jax.random.permutation(key, x, axis=1)))

    def given(self, world: World) -> Points:
        rows = jnp.asarray(seen_rows())
        return Points(x=jnp.asarray(boolean.cube(DIMS))[rows], y=world.target[rows])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        values = learner.values(jnp.asarray(boolean.cube(DIMS)))
        squares = (values - world.target[None]) ** 2
        error = squares.mean(1) / 2
        coefficients = boolean.walsh_transform(world.target)
        influence = boolean.influences(world.target)
        formula = (coefficients[0] - coefficients[2 ** np.arange(DIMS)]) ** 2 / 4
        seen = jnp.take_along_axis(squares, jnp.asarray(seen_rows()), axis=1)
        return {
            "influence_gap": jnp.abs(error - influence).mean(),
            "influence_correlation": correlation(ranks(error), ranks(influence)),
            "linear_formula_gap": jnp.abs(error - formula).mean(),
            "seen_mse": seen.mean(),
        }

    def floor(self, world: World) -> Table:
        """The function 0, whichever bit is frozen."""
        return Table(jnp.zeros((DIMS, 2**DIMS)))

    def oracle(self, world: World) -> Table:
        """The target with its frozen bit replaced by 1, which has the least degree."""
        return Table(jnp.stack([boolean.frozen(world.target, k) for k in range(DIMS)]))


def pointer_value(x: jax.Array) -> jax.Array:
    """Majority [N] of the window that the first bits of x [N, d] point to, -1 for a one in a binary number."""
    pointer = jnp.where(x[:, :POINTERS] < 0, jnp.asarray([2, 1])[None], 0).sum(1)
    sums = jnp.stack([x[:, POINTERS + s : POINTERS + s + WINDOW].sum(1) for s in range(2**POINTERS)], axis=1)
    return jnp.sign(jnp.take_along_axis(sums, pointer[:, None], axis=1)[:, 0])


def seen_rows() -> np.ndarray:
    """Numbers of the points whose bit k is 1, for every k: [d, N / 2]."""
    return np.stack([np.flatnonzero(~held) for held in boolean.bits(DIMS).T])


def ranks(values: jax.Array) -> jax.Array:
    """Ranks [n] of values [n]; equal values share the mean of theirs."""
    below = (values[None, :] < values[:, None]).sum(1).astype(values.dtype)
    equal = (values[None, :] == values[:, None]).sum(1).astype(values.dtype)
    return below + (equal - 1) / 2


def correlation(a: jax.Array, b: jax.Array) -> jax.Array:
    """Pearson's correlation [] of two vectors; 0 where one of them is constant."""
    a = a - a.mean()
    b = b - b.mean()
    return (a * b).sum() / jnp.sqrt((a**2).sum() * (b**2).sum() + TINY)
