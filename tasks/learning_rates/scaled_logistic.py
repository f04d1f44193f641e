"""How far a rule comes on a logistic regression whose columns have very different sizes.

Isolates what a step length knows of the scale of each weight. 500 points in 30 columns, which are multiplied by
10^U(-2, 2); labels are separable, so that every point can be fitted (the least loss is 0), or one in ten is flipped;
batches of 32 points, or of all of them with a small ridge. An update may cost several gradients, and every rule has
the same number of gradients, 800. All start at 0.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.errors import UsageError
from toybench.tasks.learning_rates import Optimizer
from toybench.tasks.learning_rates._logistic import Logistic, Points, draw_points, excess, solve

LABELS = ("separable", "noisy")
RIDGE = 1e-3  # of a column of size 1, where all points are a batch
LEAST = 1e-12  # a smaller gap counts as this
MOST = 1e6  # a larger one as this
STEEP = 1e3  # norm, in columns of size 1, of weights whose loss on separable points is 0 in float32


class Given(NamedTuple):
    """Where every rule starts, weights [d], and how large the columns of a first batch are, root mean squares [d]."""

    weights: jax.Array
    sizes: jax.Array


class World(NamedTuple):
    """All points, and weights [d] of least loss; where all points can be fitted, some that do so."""

    points: Points
    optimum: jax.Array


class ScaledLogistic(Task):
    """Minimise the log loss of a linear classifier."""

    scale: float = 2.0  # columns are multiplied by 10^U(-scale, scale)
    labels: str = "separable"  # separable or noisy
    batch: int = 32  # points a batch; 0: all of them
    steps: int = 800  # type: ignore[misc]  # gradients that a rule may take

    points: int = 500  # points in all
    dim: int = 30  # columns

    interface = Optimizer
    checkpoints = 4
    metrics = {
        "log10_gap": Metric(direction="min", about="log10 of the loss on all points less the least loss"),
        "accuracy": Metric(direction="max", about="share of the points on the side that their label says"),
    }

    def __post_init__(self) -> None:
        if self.labels not in LABELS:
            raise UsageError(f"there are no labels '{self.labels}'; use one of {', '.join(LABELS)}.")

    @property
    def spec(self) -> Logistic:
        return Logistic(sizes_given=True)

    @property
    def solvable(self) -> bool:
        """Whether there are weights of least loss: labels that can be separated want them ever larger."""
        return self.batch == 0 or self.labels == "noisy"

    def sample(self, key: jax.Array) -> World:
        points, sizes, plane = draw_points(key, self.points, self.dim, self.scale, self.labels == "noisy")
        if self.batch == 0:
            points = points._replace(ridge=RIDGE * sizes**2)
        optimum = solve(points, sizes) if self.solvable else STEEP * plane
        return World(points=points, optimum=optimum)

    def given(self, world: World) -> Given:
        first = world.points.x[: self.batch or self.points]
        return Given(weights=jnp.zeros(self.dim), sizes=jnp.sqrt((first**2).mean(0)))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Points]:
        """Points drawn with replacement, or all of them."""
        if self.batch == 0:
            return world, world.points
        chosen = (jax.random.uniform(key, (self.batch,)) * self.points).astype(jnp.int32)
        points = world.points
        return world, Points(x=points.x[chosen], y=points.y[chosen], ridge=points.ridge)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        weights = learner.weights()
        points = world.points
        gap = excess(points, weights, world.optimum) if self.solvable else self.spec.loss(weights, points)
        right = jnp.sign(points.x @ weights) == points.y
        return {
            "log10_gap": jnp.log10(jnp.clip(gap, LEAST, MOST)),
            "accuracy": right.astype(jnp.float32).mean(),
        }

    def floor(self, world: World) -> Any:
        """The start."""
        return SimpleNamespace(weights=lambda: jnp.zeros(self.dim))

    def oracle(self, world: World) -> Any:
        """The weights of least loss."""
        return SimpleNamespace(weights=lambda: world.optimum)
