"""Rotations of three-dimensional space: random ones, and the principal axes of clouds of points.

A matrix R turns a point x into R x. Shapes: any leading axes, p points of three coordinates.
"""

import jax
import jax.numpy as jnp

SWEEPS = 5  # of Jacobi's method; it converges quadratically, and float32 is reached after four
PAIRS = ((0, 1), (0, 2), (1, 2))  # of coordinates
TINY = 1e-12  # keeps four normal numbers that vanish together from a division by 0


def turn(points: jax.Array, matrices: jax.Array) -> jax.Array:
    """Points [..., p, 3], each cloud turned by its matrix [..., 3, 3]."""
    return points @ jnp.swapaxes(matrices, -1, -2)


def rotations(normals: jax.Array) -> jax.Array:
    """Rotations [..., 3, 3] by quaternions, uniform where the numbers [..., 4] are standard normal."""
    unit = normals / jnp.sqrt((normals**2).sum(-1, keepdims=True) + TINY)
    w = unit[..., 0]
    x = unit[..., 1]
    y = unit[..., 2]
    z = unit[..., 3]
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        (2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        (2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
    return jnp.stack([jnp.stack(row, -1) for row in rows], -2)


def orthogonal(normals: jax.Array) -> jax.Array:
    """Rotations and reflections [..., 3, 3], uniform where the numbers [..., 5] are standard normal."""
    return rotations(normals[..., :4]) * jnp.sign(normals[..., 4])[..., None, None]


def principal_axes(points: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(axes [..., 3, 3], variances [..., 3]) of clouds [..., p, 3] about their means, the least variance first.

    The axes are columns, up to their signs, and turn with the cloud where no two variances are equal.
    """
    apart = points - points.mean(-2, keepdims=True)
    matrix = jnp.swapaxes(apart, -1, -2) @ apart / points.shape[-2]
    start = jnp.broadcast_to(jnp.eye(3), matrix.shape)
    matrix, axes = jax.lax.fori_loop(0, SWEEPS, _sweep, (matrix, start))
    variances = jnp.diagonal(matrix, axis1=-2, axis2=-1)
    order = jnp.argsort(variances, -1)
    return jnp.take_along_axis(axes, order[..., None, :], -1), jnp.take_along_axis(variances, order, -1)


def _sweep(_: int, state: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
    """One of Jacobi's sweeps: each pair of coordinates is turned until it is uncorrelated."""
    matrix, axes = state
    for a, b in PAIRS:
        angle = 0.5 * jnp.arctan2(2 * matrix[..., a, b], matrix[..., a, a] - matrix[..., b, b])
        spin = _plane(jnp.cos(angle), jnp.sin(angle), a, b)
        matrix = jnp.swapaxes(spin, -1, -2) @ matrix @ spin
        axes = axes @ spin
    return matrix, axes


def _plane(cosine: jax.Array, sine: jax.Array, a: int, b: int) -> jax.Array:
    """Rotations [..., 3, 3] in the plane of two coordinates."""
    spin = jnp.broadcast_to(jnp.eye(3), (*cosine.shape, 3, 3))
    spin = spin.at[..., a, a].set(cosine).at[..., b, b].set(cosine)
    return spin.at[..., b, a].set(sine).at[..., a, b].set(-sine)
