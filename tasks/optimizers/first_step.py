"""One direction: what a rule makes of a single gradient.

The loss is <G, W> for a normal matrix G, shown twice, as some rules only start on the first batch. The displacement
is compared with the sign of G, its polar factor U V^T and G itself: steepest descent under the largest entry, the
spectral norm and the Frobenius norm. A gap is the sine of the angle between the two, 1 where they don't agree at all.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.descent import Problem, Start
from toybench.tasks.optimizers import Optimizer

ROWS = 12
COLUMNS = 20
TINY = 1e-30  # keeps the length of no displacement away from 0


@dataclass(frozen=True)
class LinearLoss(Problem):
    """<G, W>, where the batch is G."""

    roles = ("linear",)

    def losses(self, weights: dict[str, jax.Array], batch: jax.Array) -> jax.Array:
        return (batch * weights["map"]).sum()[None]


class World(NamedTuple):
    """The gradient G [12, 20]."""

    gradient: jax.Array


class FirstStep(Task):
    """The direction of the first steps along one gradient."""

    interface = Optimizer
    steps = 2
    checkpoints = 1
    metrics = {
        "gap_to_polar": Metric("zero", "sine of the angle between the displacement and -U V^T"),
        "gap_to_sign": Metric("zero", "sine of the angle to -sign(G)"),
        "gap_to_gradient": Metric("zero", "sine of the angle to -G"),
    }

    @property
    def spec(self) -> LinearLoss:
        return LinearLoss()

    def sample(self, key: jax.Array) -> World:
        return World(gradient=jax.random.normal(key, (ROWS, COLUMNS)))

    def given(self, world: World) -> Start:
        return Start(weights={"map": jnp.zeros_like(world.gradient)})

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, jax.Array]:
        return world, world.gradient

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        moved = -learner.weights()["map"]
        left, _, right = jnp.linalg.svd(world.gradient, full_matrices=False)
        return {
            "gap_to_polar": gap(moved, left @ right),
            "gap_to_sign": gap(moved, jnp.sign(world.gradient)),
            "gap_to_gradient": gap(moved, world.gradient),
        }

    def floor(self, world: World) -> Any:
        """Stays where it is."""
        return SimpleNamespace(weights=lambda: {"map": jnp.zeros_like(world.gradient)})


def gap(a: jax.Array, b: jax.Array) -> jax.Array:
    """The sine of the angle between two matrices; 1 where it is a right one or more, or a is 0."""
    unit = a / jnp.maximum(jnp.linalg.norm(a), TINY)
    along = b / jnp.linalg.norm(b)
    return jnp.where(jnp.any(a != 0), jnp.linalg.norm(unit - jnp.maximum((unit * along).sum(), 0.0) * along), 1.0)
