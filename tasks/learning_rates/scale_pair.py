"""Whether a rule makes the same way when columns are rescaled.

Isolates invariance to the scale of the data. The logistic regression of `scaled_logistic`, separable, and the same
points with columns of one size, are minimised side by side as one problem: 60 weights, the sum of both losses. A rule
that is invariant to scale has one loss curve on both.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.descent import Problem, Start
from toybench.tasks.learning_rates import Optimizer
from toybench.tasks.learning_rates._logistic import Logistic, Points, draw_points

TINY = 1e-30  # keeps the logarithm of a loss finite


class Pair(NamedTuple):
    """The points with columns of their own sizes, and with columns of size 1."""

    scaled: Points
    plain: Points


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

    def sample(self, key: jax.Array) -> Pair:
        scaled, sizes, _ = draw_points(key, self.points, self.dim, self.scale, noisy=False)
        return Pair(scaled=scaled, plain=scaled._replace(x=scaled.x / sizes[None]))

    def given(self, world: Pair) -> Start:
        return Start(weights={"plain": jnp.zeros(self.dim), "scaled": jnp.zeros(self.dim)})

    def draw(self, world: Pair, key: jax.Array, learner: Any) -> tuple[Pair, Pair]:
        """The same points of both copies, drawn with replacement."""
        chosen = (jax.random.uniform(key, (self.batch,)) * self.points).astype(jnp.int32)
        scaled = world.scaled._replace(x=world.scaled.x[chosen], y=world.scaled.y[chosen])
        plain = world.plain._replace(x=world.plain.x[chosen], y=world.plain.y[chosen])
        return world, Pair(scaled=scaled, plain=plain)

    def evaluate(self, world: Pair, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        weights = learner.weights()
        scaled = Logistic().loss(weights["scaled"], world.scaled)
        plain = Logistic().loss(weights["plain"], world.plain)
        gap = jnp.log(jnp.maximum(scaled, TINY)) - jnp.log(jnp.maximum(plain, TINY))
        return {"scale_discrepancy": jnp.abs(gap), "loss": plain}
