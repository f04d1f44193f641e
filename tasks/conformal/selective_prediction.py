"""Learn where to reject the answers of a fixed predictor whose own confidence misleads.

Isolates the loss that a rejector is trained with. The predictor errs in a pocket, where it is as confident as anywhere,
and at an edge, where it is not; n points tell whether it was right. A linear rejector can't follow the best rule's
boundary, so that losses which agree for rich classes differ. The error probability is known, so every score is exact up
to 20,000 points of x.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import normals
from toybench.tasks.conformal._selection import Judged, SelectionSpec, SelectivePrediction

TEST = 20_000  # points of x: the standard error of a rejection loss is below 0.001


class World(NamedTuple):
    """Labelled points; test points [m, 2], the confidence in them [m] and their error probability [m]."""

    train: Judged
    x: jax.Array
    confidence: jax.Array
    error: jax.Array


class Selective(Task):
    """One batch, all labelled points."""

    cost: float = 0.1  # c of a rejection, in (0, 1); the paper's experiments have 0.01 to 0.2

    points: int = 1000  # labelled points; the paper's set has 2000
    rejector: str = "linear"  # linear or quadratic in x

    interface = SelectivePrediction
    steps = 1
    checkpoints = 1
    metrics = {
        "rejection_loss": Metric("min", "expected loss: 1 for a wrong answer accepted, c for a rejection"),
        "excess": Metric("min", "rejection loss above that of the best rule"),
        "coverage_at_half_error": Metric(
            "max", "largest accepted share by rank whose error is half of the predictor's"
        ),
        "coverage": Metric("info", "share of points accepted"),
        "accepted_error": Metric("info", "error rate on accepted points, 0 where there are none"),
    }

    @property
    def spec(self) -> SelectionSpec:
        if self.rejector not in ("linear", "quadratic"):
            raise ValueError(f"{self.name}: rejector is linear or quadratic, got '{self.rejector}'.")
        return SelectionSpec(points=self.points, rejector=self.rejector)

    def sample(self, key: jax.Array) -> World:
        n = self.points
        normal = normals(key, x=(n + TEST, 2), noise=(n + TEST,), chance=(n,))
        x = normal["x"]
        error = error_probability(x)
        confidence = confidence_in(x, normal["noise"])
        wrong = jax.scipy.special.ndtr(normal["chance"]) < error[:n]
        train = Judged(x=x[:n], confidence=confidence[:n], correct=jnp.where(wrong, -1.0, 1.0))
        return World(train=train, x=x[n:], confidence=confidence[n:], error=error[n:])

    def given(self, world: World) -> jax.Array:
        """The cost of a rejection, []."""
        return jnp.asarray(self.cost)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Judged]:
        return world, world.train

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        score = learner.accept_score(world.x, world.confidence)
        accept = (score > 0).astype(jnp.float32)
        loss = jnp.mean(accept * world.error + (1 - accept) * self.cost)
        ranked = world.error[jnp.argsort(-score)]
        count = jnp.arange(1.0, TEST + 1)
        allowed = jnp.cumsum(ranked) / count <= world.error.mean() / 2
        return {
            "rejection_loss": loss,
            "excess": loss - jnp.minimum(world.error, self.cost).mean(),
            "coverage_at_half_error": jnp.max(jnp.where(allowed, count, 0.0)) / TEST,
            "coverage": accept.mean(),
            "accepted_error": (accept * world.error).sum() / jnp.maximum(accept.sum(), 1.0),
        }

    def floor(self, world: World) -> Any:
        """Always accept: the predictor's own error rate, in random order."""
        return SimpleNamespace(accept_score=lambda x, confidence: 1.0 + jnp.sin(1e4 * x[:, 0]) / 2)

    def chance(self, world: World) -> Any:
        """Always reject: the cost."""
        return SimpleNamespace(accept_score=lambda x, confidence: jnp.sin(1e4 * x[:, 0]) / 2 - 1.0)

    def oracle(self, world: World) -> Any:
        """Accept where the error probability is below the cost (Chow's rule)."""
        return SimpleNamespace(accept_score=lambda x, confidence: self.cost - error_probability(x))


def error_probability(x: jax.Array) -> jax.Array:
    """Of the fixed predictor at points [b, 2]: a pocket round (1.2, 0.8), and an edge below x_2 = -1; mean 0.19."""
    pocket = jnp.exp(-((x[:, 0] - 1.2) ** 2 + (x[:, 1] - 0.8) ** 2) / 0.72)
    return jnp.clip(0.02 + 0.75 * pocket + 0.45 * jax.nn.sigmoid(-4 * x[:, 1] - 4), 0.0, 0.97)


def confidence_in(x: jax.Array, noise: jax.Array) -> jax.Array:
    """The predictor's confidence at points [b, 2], noise [b]: low at the edge, as ever in the pocket."""
    return jax.nn.sigmoid(2.0 - 3.0 * jax.nn.sigmoid(-4 * x[:, 1] - 4) + 0.5 * noise)
