"""Minimise a quadratic whose optimum lies partly outside of a box, with weight decay.

Isolates what decoupled weight decay does to a rule whose steps have a fixed size. With decay 10 the step
w <- w - rate (u + 10 w), |u_i| <= 1, can't leave the box |w_i| <= 0.1, and ends at the minimum over the box where u is
the sign of the gradient. Steps of Euclidean length 1 have a ball instead. About half of the coordinates of the
constrained optimum lie on the box. Both optima are known, by projected gradient descent. Lengths in the world and in
metrics are multiples of 0.1. 4,000 steps.
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

CONDITION = 10.0  # largest eigenvalue of the Hessian; the smallest is 1
OPTIMUM = 1.5  # standard deviation of a coordinate of the unconstrained optimum
START = 4.0  # and of the start
PROJECTED = 2000  # steps of projected gradient descent, to 1e-6 of the optimum
HALF_WIDTH = 0.1  # of the box, and radius of the ball
DECAYS = (10 / HALF_WIDTH,)  # times the 0.1 that sweeps over decays are relative to: a decay of 1 / HALF_WIDTH
TINY = 1e-9  # distances count as at least this much in a logarithm


class Quadratic(NamedTuple):
    """A batch: Hessian [d, d], optimum [d], and the noise [d] of this step's gradient."""

    hessian: jax.Array
    optimum: jax.Array
    noise: jax.Array


@dataclass(frozen=True)
class BoxProblem(Problem):
    """A quadratic, tilted by the noise."""

    roles = ("vector",)

    def losses(self, weights: dict[str, jax.Array], batch: Quadratic) -> jax.Array:
        gap = weights["point"] - batch.optimum
        return (0.5 * gap @ batch.hessian @ gap + batch.noise @ weights["point"])[None]


class World(NamedTuple):
    """Hessian [d, d]; the optimum [d], the start, and the optima in the box and in the ball."""

    hessian: jax.Array
    optimum: jax.Array
    start: jax.Array
    boxed: jax.Array
    balled: jax.Array


class BoxQuadratic(Task):
    """A random quadratic; every rule runs at decay 10."""

    noise: float = 0.0  # standard deviation of a coordinate of a gradient's noise, times HALF_WIDTH
    size: int = 16  # coordinates

    interface = Optimizer
    steps = 4000
    checkpoints = 8
    metrics = {
        "box_distance": Metric("min", "root mean square distance to the minimum over the box, in half-widths"),
        "ball_distance": Metric("min", "the same to the minimum over the ball, in radii"),
        "kkt_residual": Metric("min", "root mean square of w - project(w - gradient): 0 at the minimum over the box"),
        "entry_nats": Metric("info", "log of the distance to the box at the start over that now"),
    }

    @property
    def spec(self) -> BoxProblem:
        return BoxProblem(decays=DECAYS)

    def sample(self, key: jax.Array) -> World:
        drawn = normals(key, basis=(self.size, self.size), optimum=(self.size,), start=(self.size,))
        basis = jnp.linalg.qr(drawn["basis"])[0]
        values = CONDITION ** jnp.linspace(0.0, 1.0, self.size)
        hessian = (basis * values[None]) @ basis.T
        optimum = OPTIMUM * drawn["optimum"]
        return World(
            hessian=hessian,
            optimum=optimum,
            start=START * drawn["start"],
            boxed=minimise(hessian, optimum, into_box),
            balled=minimise(hessian, optimum, into_ball),
        )

    def given(self, world: World) -> Start:
        return Start(weights={"point": HALF_WIDTH * world.start})

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Quadratic]:
        noise = HALF_WIDTH * self.noise * jax.random.normal(key, (self.size,))
        return world, Quadratic(hessian=world.hessian, optimum=HALF_WIDTH * world.optimum, noise=noise)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        point = learner.weights()["point"][0] / HALF_WIDTH
        gradient = world.hessian @ (point - world.optimum)
        return {
            "box_distance": spread(point - world.boxed),
            "ball_distance": spread(point - world.balled),
            "kkt_residual": spread(point - into_box(point - gradient)),
            "entry_nats": jnp.log(outside(world.start) / jnp.maximum(outside(point), TINY)),
        }

    def floor(self, world: World) -> Any:
        """The origin, where decay alone leads."""
        return SimpleNamespace(weights=lambda: {"point": jnp.zeros((1, self.size))})

    def oracle(self, world: World) -> Any:
        """The minimum over the box."""
        return SimpleNamespace(weights=lambda: {"point": HALF_WIDTH * world.boxed[None]})


def into_box(point: jax.Array) -> jax.Array:
    """The nearest point with |w_i| <= 1."""
    return jnp.clip(point, -1.0, 1.0)


def into_ball(point: jax.Array) -> jax.Array:
    """The nearest point with |w| <= 1."""
    return point / jnp.maximum(jnp.linalg.norm(point), 1.0)


def minimise(hessian: jax.Array, optimum: jax.Array, project: Any) -> jax.Array:
    """The minimum [d] of a quadratic over a convex set, by projected gradient descent from the origin."""

    def step(_: int, point: jax.Array) -> jax.Array:
        return project(point - hessian @ (point - optimum) / CONDITION)

    return jax.lax.fori_loop(0, PROJECTED, step, jnp.zeros_like(optimum))


def outside(point: jax.Array) -> jax.Array:
    """Largest distance of a coordinate to the box."""
    return jnp.maximum(jnp.abs(point).max() - 1.0, 0.0)


def spread(gap: jax.Array) -> jax.Array:
    """Root mean square of the entries."""
    return jnp.sqrt((gap**2).mean())
