"""Functions on the cube {-1, 1}^d by enumeration: Walsh coefficients, influences, interpolators of least degree.

Row i of the cube has x_k = -1 where bit k of i is set; coefficient S belongs to the product of the x_k whose bits are
set in S. Shapes: d dimensions, N = 2^d points and coefficients.
"""

import jax
import jax.numpy as jnp
import numpy as np


def bits(dims: int) -> np.ndarray:
    """Which bits are set in the numbers below 2^d: bool [N, d]."""
    return (np.arange(2**dims)[:, None] >> np.arange(dims)[None, :]) % 2 == 1


def cube(dims: int) -> np.ndarray:
    """All points, float32 [N, d]."""
    return np.where(bits(dims), -1.0, 1.0).astype(np.float32)


def degrees(dims: int) -> np.ndarray:
    """How many variables each coefficient's product has, [N]."""
    return bits(dims).sum(1)


def walsh_transform(values: jax.Array) -> jax.Array:
    """Coefficients [..., N] of functions that take these values [..., N] on the cube."""
    count = values.shape[-1]
    half = 1
    while half < count:
        pairs = values.reshape(*values.shape[:-1], -1, 2, half)
        upper = pairs[..., 0, :]
        lower = pairs[..., 1, :]
        values = jnp.stack([upper + lower, upper - lower], axis=-2).reshape(values.shape)
        half *= 2
    return values / count


def influences(values: jax.Array) -> jax.Array:
    """Influence [..., d] of each variable: the sum of squares of all coefficients [..., N] whose products hold it."""
    count = values.shape[-1]
    holds = jnp.asarray(bits(count.bit_length() - 1), values.dtype)
    return walsh_transform(values) ** 2 @ holds


def frozen(values: jax.Array, variable: int) -> jax.Array:
    """Values [..., N] of the functions whose variable is replaced by 1: of least degree, where it never was -1."""
    index = np.arange(values.shape[-1])
    return values[..., index & ~(1 << variable)]


def least_degree(values: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Values [N] of the function that agrees with `values` where `seen` [N], and has least mass in high degrees.

    The mass of the highest degree is made least, then among what is left that of the next, and so on. In float64,
    by null spaces: for small d.
    """
    dims = len(values).bit_length() - 1
    table = np.where((bits(dims)[:, None, :] & bits(dims)[None, :, :]).sum(2) % 2, -1.0, 1.0)
    coefficients = np.linalg.lstsq(table[seen], values[seen].astype(np.float64), rcond=None)[0]
    free = null_space(table[seen])
    for degree in range(dims, -1, -1):
        level = degrees(dims) == degree
        step = np.linalg.lstsq(free[level], -coefficients[level], rcond=None)[0]
        coefficients = coefficients + free @ step
        free = free @ null_space(free[level])
    return table @ coefficients


def null_space(matrix: np.ndarray) -> np.ndarray:
    """An orthonormal basis of the vectors that a matrix [m, n] sends to 0: [n, n - rank]."""
    if not matrix.shape[1]:
        return np.zeros((0, 0))
    _, singular, right = np.linalg.svd(matrix, full_matrices=True)
    rank = int((singular > 1e-9).sum())  # far above rounding, far below any singular value that counts
    return right[rank:].T
