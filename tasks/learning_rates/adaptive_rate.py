"""How much the adaptive rate varies while few gradients have been seen.

Isolates the law behind warm-up: the rate 1 / sqrt(v_hat) of streams of N(0, 1) gradients, v_hat being their forgetting
mean square, corrected for its start, with 0.999 kept at each. Nothing is learned: a rule answers the factor that it
would multiply the mean of gradients with. Were v_hat the mean of rho independent squares, rho as in Liu et al. (2019),
the variance would be that of a scaled inverse chi-square,

    rho / (rho - 2) - (rho / 2) (Gamma((rho - 1) / 2) / Gamma(rho / 2))^2
"""

import math
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks.descent import Problem, Start
from toybench.blocks.random import normals

KEPT = 0.999  # share of the mean square that is kept at each gradient
TIMES = (6, 10, 20, 50, 200, 400)  # gradients seen
LATE = 2000  # gradients seen, when the rate has settled
TINY = 1e-30  # keeps the ratio of a constant rate finite


class AdaptiveRate(Protocol):
    """What a learner of this task answers."""

    def rate_factor(self, state: Any, square: jax.Array, count: int) -> jax.Array:
        """What multiplies the mean of `count` gradients whose corrected mean square is `square`, float [n]."""


class World(NamedTuple):
    """Corrected mean squares of streams: at the TIMES [times, n], and late ones [m]."""

    early: jax.Array
    late: jax.Array


def freedom(t: int) -> float:
    """How many independent squares the mean square after t gradients amounts to."""
    return 2 / (1 - KEPT) - 1 - 2 * t * KEPT**t / (1 - KEPT**t)


def exact_variance(rho: float) -> float:
    """The variance of 1 / sqrt(mean of rho independent squares of N(0, 1)), rho > 2."""
    ratio = math.exp(2 * (math.lgamma((rho - 1) / 2) - math.lgamma(rho / 2)))
    return rho / (rho - 2) - rho / 2 * ratio


def averaging(count: int, t: int) -> np.ndarray:
    """Weights [count] of the first t squares in the corrected mean square, 0 for the others."""
    age = t - 1 - np.arange(count)
    return np.where(age >= 0, (1 - KEPT) * KEPT ** np.maximum(age, 0) / (1 - KEPT**t), 0.0).astype(np.float32)


@dataclass(frozen=True)
class Streams(Problem):
    """A linear loss: its gradients are the batch, as in the streams."""

    roles = ("vector",)

    def losses(self, weights: jax.Array, batch: jax.Array) -> jax.Array:
        return weights * batch


class AdaptiveRateVariance(Task):
    """Say how the rate depends on the mean square of the gradients."""

    streams: int = 16384  # streams whose early rates are compared
    settled: int = 2048  # streams followed to the end

    interface = AdaptiveRate
    steps = 0
    checkpoints = 0
    metrics = {
        "exact_variance_gap": Metric(
            direction="zero", about="relative gap of the rate's variance to the chi-square's, mean over six times"
        ),
        "early_variance_ratio": Metric(
            direction="info", about="variance of the rate after 6 gradients over that after 2,000"
        ),
    }

    @property
    def spec(self) -> Streams:
        return Streams()

    def sample(self, key: jax.Array) -> World:
        z = normals(key, early=(self.streams, TIMES[-1]), late=(self.settled, LATE))
        weights = jnp.stack([jnp.asarray(averaging(TIMES[-1], t)) for t in TIMES])
        return World(early=weights @ (z["early"] ** 2).T, late=z["late"] ** 2 @ jnp.asarray(averaging(LATE, LATE)))

    def given(self, world: World) -> Start:
        return Start(weights=jnp.zeros(()))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, jax.Array]:
        """Gradients of a stream, for a rule that wants to see some."""
        return world, jax.random.normal(key, (1,))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        found = jnp.stack([learner.rate_factor(world.early[i], t).var() for i, t in enumerate(TIMES)])
        exact = jnp.array([exact_variance(freedom(t)) for t in TIMES])
        settled = learner.rate_factor(world.late, LATE).var()
        return {
            "exact_variance_gap": jnp.abs(found / exact - 1).mean(),
            "early_variance_ratio": found[0] / jnp.maximum(settled, TINY),
        }

    def floor(self, world: World) -> Any:
        """A rate that doesn't adapt."""
        return SimpleNamespace(rate_factor=lambda square, count: jnp.ones_like(square))
