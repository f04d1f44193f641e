"""Go down a long valley without noise, where momentum overshoots.

A quadratic of condition 3,000 in random rotation, its exact gradient at every step, and no weight decay for any rule:
the setting of theories of momentum. 300 steps from the origin, too few for any rule to arrive; the optimum is known.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.descent import Problem, Start
from toybench.blocks.random import normals
from toybench.tasks.optimizers import Optimizer

CONDITION = 3000.0  # largest eigenvalue of the Hessian over the smallest
LARGEST = 10.0  # eigenvalue
DISTANCE = 0.015  # standard deviation of a coordinate of the optimum: best rates lie inside of the grids
SIZE = 20  # coordinates
LEAST = 1e-14  # smaller gaps count as this much
NO_DECAY = (0.0,)  # times the rule's own: every rule runs at decay 0


class World(NamedTuple):
    """Hessian [d, d] and optimum [d]."""

    hessian: jax.Array
    optimum: jax.Array


@dataclass(frozen=True)
class ValleyProblem(Problem):
    """The quadratic; the batch is the world."""

    roles = ("vector",)

    def losses(self, weights: dict[str, jax.Array], batch: World) -> jax.Array:
        gap = weights["point"] - batch.optimum
        return (0.5 * gap @ batch.hessian @ gap)[None]


class QuadraticValley(Task):
    """A deterministic quadratic."""

    interface = Optimizer
    steps = 300
    checkpoints = 5
    metrics = {"log10_gap": Metric("min", "log10 of the loss, whose minimum is 0")}

    @property
    def spec(self) -> ValleyProblem:
        return ValleyProblem(decays=NO_DECAY)

    def sample(self, key: jax.Array) -> World:
        drawn = normals(key, basis=(SIZE, SIZE), optimum=(SIZE,))
        basis = jnp.linalg.qr(drawn["basis"])[0]
        values = LARGEST * CONDITION ** -jnp.linspace(0.0, 1.0, SIZE)
        return World(hessian=(basis * values[None]) @ basis.T, optimum=DISTANCE * drawn["optimum"])

    def given(self, world: World) -> Start:
        return Start(weights={"point": jnp.zeros(SIZE)})

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, World]:
        return world, world

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        point = learner.weights()["point"][0]  # the state without decay
        loss = self.spec.loss({"point": point}, world)
        return {"log10_gap": jnp.log10(jnp.maximum(loss, LEAST))}

    def floor(self, world: World) -> Any:
        """Stays at the origin."""
        return SimpleNamespace(weights=lambda: {"point": jnp.zeros((1, SIZE))})

    def oracle(self, world: World) -> Any:
        """Knows the optimum."""
        return SimpleNamespace(weights=lambda: {"point": world.optimum[None]})
