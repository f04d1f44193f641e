"""Logistic regression on columns of very different sizes: the data, the loss, the optimum.

Shapes: n points, d columns, b batch.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtr, ndtri

from toybench.blocks.descent import Budget, Problem
from toybench.blocks.random import normals

MARGIN = 0.1  # no point lies nearer to the plane that separates them
FLIPPED = 0.1  # share of the labels that noise turns round
NEWTON = 25  # iterations; from 0 they reach float32's rounding in 15
JITTER = 1e-6  # on the Hessian's diagonal, for the solver
NEAR = 0.03  # up to this change of a margin a series of three terms is exact to float32
FAR = 10.0  # beyond this one nothing cancels


class Points(NamedTuple):
    """Points [b, d], labels -1 or 1 [b], and the ridge of every column [d]."""

    x: jax.Array
    y: jax.Array
    ridge: jax.Array


@dataclass(frozen=True)
class Logistic(Problem):
    """Mean log loss of a linear classifier, weights [d], and a ridge of its own for every column."""

    roles = ("vector",)

    budget: Budget = "gradients"
    sizes_given: bool = False  # whether a rule may know the sizes of the columns

    def losses(self, weights: jax.Array, batch: Points) -> jax.Array:
        margins = batch.y * (batch.x @ weights)
        return jax.nn.softplus(-margins) + 0.5 * jnp.sum(batch.ridge * weights**2)


def draw_points(key: jax.Array, n: int, d: int, scale: float, noisy: bool) -> tuple[Points, jax.Array, jax.Array]:
    """n points whose columns are normal times 10^U(-scale, scale), no ridge; those sizes [d]; the weights [d] that
    separate them, of norm 1 in columns of size 1.

    Labels tell on which side of a random plane a point lies. Points nearer to it than the margin are redrawn: the
    component across is a truncated normal.
    """
    z = normals(key, points=(n, d), plane=(d,), across=(n,), sizes=(d,), flips=(n,))
    plane = z["plane"] / jnp.linalg.norm(z["plane"])
    side = jnp.sign(z["across"])
    tail = 1 - ndtr(jnp.abs(z["across"]))  # uniform in (0, 1/2)
    distance = -ndtri(tail * 2 * ndtr(-MARGIN))
    along = z["points"] - jnp.outer(z["points"] @ plane, plane)
    x = along + jnp.outer(side * distance, plane)
    flipped = (ndtr(z["flips"]) < FLIPPED) & noisy
    sizes = 10 ** (scale * (2 * ndtr(z["sizes"]) - 1))
    points = Points(x=x * sizes[None], y=jnp.where(flipped, -side, side), ridge=jnp.zeros(d))
    return points, sizes, plane / sizes


def solve(points: Points, sizes: jax.Array) -> jax.Array:
    """The optimum [d] by Newton's method, in columns of one size."""
    x = points.x / sizes[None]
    ridge = points.ridge / sizes**2
    n, d = x.shape

    def newton(_: int, w: jax.Array) -> jax.Array:
        p = jax.nn.sigmoid(-points.y * (x @ w))
        gradient = -(x.T @ (points.y * p)) / n + ridge * w
        hessian = (x.T * (p * (1 - p))[None]) @ x / n + jnp.diag(ridge + JITTER)
        return w - jnp.linalg.solve(hessian, gradient)

    return jax.lax.fori_loop(0, NEWTON, newton, jnp.zeros(d)) / sizes


def excess(points: Points, weights: jax.Array, optimum: jax.Array) -> jax.Array:
    """Loss at the weights less that at the optimum, float [], without cancellation.

    As the gradient at the optimum is 0, that is the mean Bregman divergence of the margins.
    """
    best = -points.y * (points.x @ optimum)
    change = -points.y * (points.x @ (weights - optimum))
    s = jax.nn.sigmoid(best)
    near = s * (1 - s) * change**2 * (0.5 + change * (1 - 2 * s) / 6 + change**2 * (1 - 6 * s * (1 - s)) / 24)
    middle = jnp.log1p(s * jnp.expm1(jnp.clip(change, -FAR, FAR))) - s * change
    far = jax.nn.softplus(best + change) - jax.nn.softplus(best) - s * change
    size = jnp.abs(change)
    divergence = jnp.where(size < NEAR, near, jnp.where(size < FAR, middle, far))
    return divergence.mean() + 0.5 * jnp.sum(points.ridge * (weights - optimum) ** 2)
