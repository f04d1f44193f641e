"""Score and a gauge field: a rotation of the score, which moves no density.

**Source**: Horvat and Pfister, "On gauge freedom, conservativity and intrinsic dimensionality estimation in diffusion
models", ICLR 2024, https://arxiv.org/abs/2402.03845. Abstract, and the gauge condition (section 3, equations 11 to 13)
as quoted by others; the field is derived here.

    grad log p + c S grad log p,  S^T = -S:    div(p S grad log p) = grad p . S grad log p + p tr(S H) = 0

**Differs from the paper**: 1. one explicit field of the gauge family, where the paper describes the family and
measures what networks learn. 2. S has the Frobenius norm sqrt(2), as a quarter turn of the plane.

**Shapes**: n points, d coordinates.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method


class State(NamedTuple):
    """The matrix [d, d]."""

    matrix: jax.Array


class GaugeField(Method):
    """An antisymmetric matrix times the score."""

    paper = "horvat2024gauge"
    c: float = 1.0  # strength, 0 for none

    def init(self, key: jax.Array) -> State:
        drawn = jax.random.normal(key, (self.spec.dim, self.spec.dim))
        matrix = drawn - drawn.T
        return State(matrix=matrix * jnp.sqrt(2 / jnp.sum(matrix**2)))

    def extra(self, state: State, score: jax.Array) -> jax.Array:
        return self.c * score @ state.matrix.T
