"""Whether a rule makes the same way when columns are rescaled.

Isolates invariance to the scale of the data. The logistic regression of `scaled_logistic`, separable, and the same
points with columns of one size, are minimised side by side as one problem: 60 weights, the sum of both losses. A rule
that is invariant to scale has one loss curve on both.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.descent import Problem, Start
from toybench.tasks.learning_rates import Optimizer
from toybench.tasks.learning_rates._logistic import Logistic, Points, draw_points

TINY = 1e-30  # keeps the logarithm of a loss finite
STEEP = 100.0  # norm, in columns of size 1, of weights that fit every point


class Pair(NamedTuple):
    """The points with columns of their own sizes, and with columns of size 1."""

    scaled: Points
    plain: Points


class World(NamedTuple):
    """The points of both copies, and weights that fit them all, {"scaled": [d], "plain": [d]}."""

    points: Pair
    fitting: dict


@dataclass(frozen=True)
class Both(Problem):
    """The sum of two logistic losses; weights {"scaled": [d], "plain": [d]}."""

    roles = ("vector", "vector")

    def losses(self, weights: dict, batch: Pair) -> jax.Array:
        one = Logistic()
        return one.losses(weights["scaled"], batch.scaled) + one.losses(weights["plain"], batch.plain)


class ScalePair(Task):
    """Minimise two copies of a loss, one of them with rescaled columns."""

    scale: float = 2.0  # columns of the first copy are multiplied by 10^U(-scale, scale)

    points: int = 500  # points in all
    dim: int = 30  # columns
    batch: int = 32  # points a batch

    interface = Optimizer
    steps = 400
    checkpoints = 4
    metrics = {
        "scale_discrepancy": Metric(
            direction="min", about="|log loss on the rescaled points - log loss on the plain ones|, in nats"
        ),
        "loss": Metric(direction="info", about="loss on the plain points"),
    }

    @property
    def spec(self) -> Both:
        return Both()

    def sample(self, key: jax.Array) -> World:
        scaled, sizes, plane = draw_points(key, self.points, self.dim, self.scale, noisy=False)
        points = Pair(scaled=scaled, plain=scaled._replace(x=scaled.x / sizes[None]))
        return World(points=points, fitting={"plain": STEEP * plane * sizes, "scaled": STEEP * plane})

    def given(self, world: World) -> Start:
        return Start(weights={"plain": jnp.zeros(self.dim), "scaled": jnp.zeros(self.dim)})

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Pair]:
        """The same points of both copies, drawn with replacement."""
        chosen = (jax.random.uniform(key, (self.batch,)) * self.points).astype(jnp.int32)
        both = world.points
        scaled = both.scaled._replace(x=both.scaled.x[chosen], y=both.scaled.y[chosen])
        plain = both.plain._replace(x=both.plain.x[chosen], y=both.plain.y[chosen])
        return world, Pair(scaled=scaled, plain=plain)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        weights = learner.weights()
        scaled = Logistic().loss(weights["scaled"], world.points.scaled)
        plain = Logistic().loss(weights["plain"], world.points.plain)
        gap = jnp.log(jnp.maximum(scaled, TINY)) - jnp.log(jnp.maximum(plain, TINY))
        return {"scale_discrepancy": jnp.abs(gap), "loss": plain}

    def floor(self, world: World) -> Any:
        """The plain copy fitted, the other one left at the start."""
        weights = {"plain": world.fitting["plain"], "scaled": jnp.zeros(self.dim)}
        return SimpleNamespace(weights=lambda: weights)

    def oracle(self, world: World) -> Any:
        """Both copies fitted."""
        return SimpleNamespace(weights=lambda: world.fitting)
