"""What forecasters of a linear score share: implicit slopes, and numbers that stay finite where a rate diverges."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

LARGEST = 1e10  # weights and dual vectors are cut to this size: their loss has long passed its cap


class Sweep(NamedTuple):
    """Weights or dual vectors [r, d], one row for each rate, and the number of examples seen."""

    params: jax.Array
    seen: jax.Array


def start(rates: int, dim: int) -> Sweep:
    """Nothing seen yet."""
    return Sweep(params=jnp.zeros((rates, dim)), seen=jnp.zeros(()))


def cut(values: jax.Array) -> jax.Array:
    """The same values, of size LARGEST at most."""
    return jnp.clip(values, -LARGEST, LARGEST)


def implicit_slopes(kind: str, score: jax.Array, y: jax.Array, give: jax.Array) -> jax.Array:
    """The c [r] with c = f'(score - c give): the loss' slope after a step of c, where the score gives way by c give.

    f is half the squared error, the absolute error or the hinge loss; for the last two the step ends at the kink.
    """
    match kind:
        case "squared":
            return (score - y) / (1 + give)
        case "absolute":
            return jnp.clip((score - y) / give, -1.0, 1.0)
        case _:
            return -y * jnp.clip((1 - y * score) / give, 0.0, 1.0)
