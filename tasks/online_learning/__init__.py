"""Linear prediction while the data arrive: which weights does a learner hold after each example?

Each family of problems asks its own question (the protocols below), so that a method runs where it can answer.
`Forecaster` and `DualForecaster` predict a score before its label is shown, once for every rate of a sweep; `Tracker`
shows its weights while the true ones drift; `LineFitter` continues a recorded run of gradient descent.

Shapes: d dimensions, r rates, n streams or instances, m examples, k steps of a recorded run.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp


@dataclass(frozen=True)
class StreamSpec:
    """Dimensions, the loss (squared, absolute or hinge), and the rates of the sweep."""

    dim: int
    loss: str
    rates: tuple[float, ...]


class Example(NamedTuple):
    """Inputs [d] and a label [], or [n, d] and [n] where several streams run side by side."""

    x: jax.Array
    y: jax.Array


class Forecaster(Protocol):
    """Predicts the score of an example before its label is shown, as often as there are rates."""

    def predict(self, state: Any, x: jax.Array) -> jax.Array:
        """Scores [r] of the inputs [d], one for each rate."""


class DualForecaster(Protocol):
    """Follows the regularised leader: its weights before round t are a dual vector over sqrt(t) / rate."""

    def dual(self, state: Any) -> jax.Array:
        """The dual vector [r, d] before this round, one for each rate: the negated sum of all that it took."""


@dataclass(frozen=True)
class DriftSpec:
    """The law of a drifting regression: what a method may be told.

    Attributes:
      start, end: the rounds between which the weights walk.
      drift: standard deviation of a coordinate's step in these rounds; before and after it is 0.
      spread: standard deviation of a coordinate of the first weights.
    """

    streams: int
    dim: int
    noise: float
    spread: float
    start: int
    end: int
    drift: float


class Tracker(Protocol):
    """Follows weights that drift."""

    def weights(self, state: Any) -> jax.Array:
        """The weights [n, d] that the next examples are predicted with."""


class Run(NamedTuple):
    """A recorded run of stochastic gradient descent on a few points, and all that it saw.

    Attributes:
      x: inputs [n, m, d + 1], the last one constant 1.
      y: labels [n, m].
      order: which point each step took, int32 [n, k].
      path: weights before the first step and after each, [n, k + 1, d + 1].
    """

    x: jax.Array
    y: jax.Array
    order: jax.Array
    path: jax.Array


class LineFitter(Protocol):
    """Chooses a line for every recorded run."""

    def line(self, state: Any) -> jax.Array:
        """Weights [n, d + 1], the last one the intercept."""


class Known(NamedTuple):
    """A reference whose metrics are known without a round being played."""

    metrics: dict[str, jax.Array]


def losses(kind: str, score: jax.Array, y: jax.Array) -> jax.Array:
    """Half the squared error, the absolute error, or the hinge loss, elementwise."""
    match kind:
        case "squared":
            return 0.5 * (score - y) ** 2
        case "absolute":
            return jnp.abs(score - y)
        case _:
            return jnp.maximum(0.0, 1 - y * score)


def slopes(kind: str, score: jax.Array, y: jax.Array) -> jax.Array:
    """A subgradient of the loss in its score, elementwise."""
    match kind:
        case "squared":
            return score - y
        case "absolute":
            return jnp.sign(score - y)
        case _:
            return jnp.where(y * score < 1, -y, 0.0)


def record(x: jax.Array, y: jax.Array, order: jax.Array, rate: Any) -> jax.Array:
    """The path [n, k + 1, d + 1] of gradient descent on squared errors, from 0; the order [n, k] names the points."""

    def step(weights: jax.Array, chosen: jax.Array) -> tuple[jax.Array, jax.Array]:
        point = jnp.take_along_axis(x, chosen[:, None, None], axis=1)[:, 0]
        label = jnp.take_along_axis(y, chosen[:, None], axis=1)[:, 0]
        residual = (weights * point).sum(-1) - label
        weights = weights - 2 * rate * residual[:, None] * point
        return weights, weights

    start = jnp.zeros((x.shape[0], x.shape[2]))
    _, path = jax.lax.scan(step, start, order.T)
    return jnp.concatenate([start[:, None], jnp.moveaxis(path, 0, 1)], axis=1)
