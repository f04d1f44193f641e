"""Score and a field as large that does move densities: a symmetric matrix of trace 0 times the score.

**Source**: Horvat and Pfister, "On gauge freedom, conservativity and intrinsic dimensionality estimation in diffusion
models", ICLR 2024, https://arxiv.org/abs/2402.03845. Abstract, and the gauge condition (section 3, equations 11 to 13)
as quoted by others; the field is derived here.

    grad log p + c Q grad log p,  Q^T = Q,  tr Q = 0:    div(p Q grad log p) = tr(Q Hessian of p), not 0

**Differs from the paper**: 1. the field is ours: the paper states that a remainder outside the gauge changes
densities. 2. Q has the Frobenius norm sqrt(2), as the gauge field's matrix.

**Shapes**: n points, d coordinates.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method


class State(NamedTuple):
    """The matrix [d, d]."""

    matrix: jax.Array


class NonGaugeField(Method):
    """A symmetric matrix of trace 0 times the score."""

    c: float = 1.0  # strength, 0 for none

    def init(self, key: jax.Array) -> State:
        drawn = jax.random.normal(key, (self.spec.dim, self.spec.dim))
        even = drawn + drawn.T
        matrix = even - jnp.eye(self.spec.dim) * (jnp.trace(even) / self.spec.dim)
        return State(matrix=matrix * jnp.sqrt(2 / jnp.sum(matrix**2)))

    def extra(self, state: State, score: jax.Array) -> jax.Array:
        return self.c * score @ state.matrix.T
