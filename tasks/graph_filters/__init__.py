"""Learn a polynomial filter of a graph signal from one pair of input and output, by descent on its coefficients.

A learner answers one question: `filtered`, what its filter makes of the signal. All polynomials of one degree span the
same space, so that methods differ in where descent gets in a fixed number of steps, not in what they could express.

Shapes: n nodes, k the filter's degree.
"""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import jax
import jax.numpy as jnp

Optimizer = Literal["adam", "sgd"]

PASSES = 2  # of Gram-Schmidt: the second removes what rounding left of the first
TINY = 1e-8  # the least norm that a basis vector is divided by; Guo and Wei's clamp


@dataclass(frozen=True)
class Spec:
    """What a filter may know.

    Attributes:
      degree: of the polynomial.
      optimizer: of its coefficients, without a schedule.
    """

    degree: int
    optimizer: Optimizer


class Pair(NamedTuple):
    """A graph's propagation matrix [n, n], a signal x [n] of norm 1 and what the true filter makes of it, y [n]."""

    propagation: jax.Array
    x: jax.Array
    y: jax.Array


class Filter(Protocol):
    """A learned filter."""

    def filtered(self, state: Any) -> jax.Array:
        """Its output [n] for the given signal."""


def krylov_basis(pair: Pair, degree: int) -> jax.Array:
    """Orthonormal vectors [k + 1, n] that span x, P x, ..., P^k x: Lanczos, each made orthogonal to all before."""

    def extend(vectors: jax.Array, at: jax.Array) -> tuple[jax.Array, None]:
        new = pair.propagation @ vectors[at]
        for _ in range(PASSES):
            new = new - vectors.T @ (vectors @ new)  # rows that don't exist yet are 0
        return vectors.at[at + 1].set(new / jnp.maximum(jnp.linalg.norm(new), TINY)), None

    start = jnp.zeros((degree + 1, pair.x.shape[0])).at[0].set(pair.x / jnp.linalg.norm(pair.x))
    vectors, _ = jax.lax.scan(extend, start, jnp.arange(degree))
    return vectors


def best_filtered(pair: Pair, degree: int) -> jax.Array:
    """The least-squares output [n]: the projection of y on everything that a polynomial can make of x."""
    vectors = krylov_basis(pair, degree)
    return vectors.T @ (vectors @ pair.y)
