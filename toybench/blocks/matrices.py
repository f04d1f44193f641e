"""Matrix functions that optimisers are made of: polar factors and inverse roots.

Shapes: r rows, c columns, d sides of a symmetric matrix.
"""

import jax
import jax.numpy as jnp

TINY = 1e-30  # keeps the norm of a vanished matrix away from 0


def polar(matrix: jax.Array, iterations: int = 20) -> jax.Array:
    """The polar factor U V^T of a matrix [r, c] = U S V^T, by the Newton-Schulz iteration X <- 1.5 X - 0.5 X X^T X.

    It starts at the matrix over its Frobenius norm; singular values below 1.5^-iterations of that don't arrive.
    """
    tall = matrix.shape[0] > matrix.shape[1]
    start = matrix.T if tall else matrix
    start = start / jnp.maximum(jnp.linalg.norm(start), TINY)
    found = jax.lax.fori_loop(0, iterations, lambda _, x: 1.5 * x - 0.5 * (x @ x.T) @ x, start)
    return found.T if tall else found


def inverse_root(matrix: jax.Array, power: float, floor: float) -> jax.Array:
    """A symmetric positive semi-definite matrix [d, d] to the power -1 / `power`, by its eigenvectors.

    Eigenvalues below `floor` times the largest count as that much.
    """
    values, vectors = jnp.linalg.eigh(matrix)
    least = jnp.maximum(floor * values[-1], TINY)
    return (vectors * jnp.maximum(values, least)[None] ** (-1 / power)) @ vectors.T
