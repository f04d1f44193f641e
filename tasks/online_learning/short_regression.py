"""Gradient descent on a few points was stopped early, and its path is known: which line should be taken?

Isolates extrapolation: thirty steps of one point each at a rate of 0.01 leave half of the way to go. 20 points of
y = w . x + b + 0.5 noise, x N(0, I_2), w and b N(0, 4); all methods read the same recorded run. 32 instances. With
`lr=0.1`, about the best rate for thirty steps, there is little left to extrapolate.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import random
from toybench.tasks.online_learning import LineFitter, Run, record

NOISE = 0.5  # standard deviation of a label's noise
SPREAD = 2.0  # of a true weight, and of the intercept


class World(NamedTuple):
    """The recorded runs, and 200 test points of each law: inputs [n, m, d + 1], labels [n, m]."""

    run: Run
    x: jax.Array
    y: jax.Array


class Line(NamedTuple):
    """A reference that has its lines [n, d + 1]."""

    weights: jax.Array

    def line(self) -> jax.Array:
        """Them."""
        return self.weights


class ShortRegression(Task):
    """Steps on the squared error of one point; the points are taken in a random order, and again in another one."""

    lr: float = 0.01  # of the recorded run, per squared error

    instances: int = 32
    dim: int = 2  # inputs, without the constant one
    points: int = 20
    recorded: int = 30  # steps of the run, at most twice the points
    tests: int = 200

    interface = LineFitter
    steps = 0
    checkpoints = 0
    metrics = {"test_mse": Metric("min", "mean squared error on 200 fresh points, mean over instances")}

    @property
    def spec(self) -> None:
        return None

    def sample(self, key: jax.Array) -> World:
        normal, uniform = jax.random.split(key)
        size = self.points + self.tests
        drawn = random.normals(
            normal,
            x=(self.instances, size, self.dim),
            noise=(self.instances, size),
            truth=(self.instances, self.dim + 1),
        )
        x = jnp.concatenate([drawn["x"], jnp.ones((self.instances, size, 1))], axis=-1)
        y = jnp.einsum("nmd,nd->nm", x, SPREAD * drawn["truth"]) + NOISE * drawn["noise"]
        shuffled = jnp.argsort(jax.random.uniform(uniform, (self.instances, 2, self.points)), axis=-1)
        order = shuffled.reshape(self.instances, -1)[:, : self.recorded]
        seen = x[:, : self.points]
        labels = y[:, : self.points]
        run = Run(x=seen, y=labels, order=order, path=record(seen, labels, order, self.lr))
        return World(run=run, x=x[:, self.points :], y=y[:, self.points :])

    def given(self, world: World) -> Run:
        return world.run

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        predicted = jnp.einsum("nmd,nd->nm", world.x, learner.line())
        return {"test_mse": ((predicted - world.y) ** 2).mean()}

    def floor(self, world: World) -> Line:
        """Where the run started."""
        return Line(world.run.path[:, 0])

    def oracle(self, world: World) -> Line:
        """Least squares on the 20 points."""
        gram = jnp.einsum("nmd,nme->nde", world.run.x, world.run.x)
        moment = jnp.einsum("nmd,nm->nd", world.run.x, world.run.y)
        return Line(jnp.linalg.solve(gram, moment[..., None])[..., 0])
