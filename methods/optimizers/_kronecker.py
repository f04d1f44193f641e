"""Statistics of a gradient's sides, and preconditioning by them.

A matrix [r, c] has two sides, rows and columns; a vector [d] has one. Shapes: d a side's length.
"""

import jax

Sides = tuple[jax.Array, ...]  # one symmetric matrix [d, d] for each side


def outer(gradient: jax.Array) -> Sides:
    """The gradient times itself, contracted over all other sides: (G G^T, G^T G), or g g^T of a vector."""
    if gradient.ndim == 1:
        return (gradient[:, None] * gradient[None, :],)
    return gradient @ gradient.T, gradient.T @ gradient


def multiply(gradient: jax.Array, sides: Sides) -> jax.Array:
    """Left G Right, or Left g of a vector; the sides are symmetric."""
    if gradient.ndim == 1:
        return sides[0] @ gradient
    return sides[0] @ gradient @ sides[1]


def refuse_sweeps(swept: bool) -> str | None:
    """Why a rule with seldom refreshed factors can't be swept."""
    return "side by side, states would refresh their factors at every update" if swept else None
