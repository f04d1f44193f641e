"""What risk controllers share: weighted sums of losses, and the first size on the grid that is good enough.

Shapes: r replicates, n points, g sizes on the grid.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.tasks.conformal._risk import RiskSpec

TIE = 1e-4  # sums of losses that differ by less are equal: rounding must not decide


class Sums(NamedTuple):
    """Sum of the losses so far [r, g], and how many there were [] (both weighted where a method weights)."""

    total: jax.Array
    weight: jax.Array


def no_losses(spec: RiskSpec) -> Sums:
    """The sums before the first point."""
    return Sums(total=jnp.zeros((spec.replicates, spec.grid)), weight=jnp.zeros(()))


def add_losses(sums: Sums, loss: jax.Array) -> Sums:
    """The sums after further points, losses [r, n, g], all of weight 1."""
    return Sums(total=sums.total + loss.sum(1), weight=sums.weight + loss.shape[1])


def first(feasible: jax.Array) -> jax.Array:
    """The smallest index whose every larger index is feasible too: bool [r, g] to int32 [r]; the last if there is none.

    An `argmax` over an all-false row would return the smallest set instead.
    """
    blocked = jnp.flip(jnp.cumsum(jnp.flip(~feasible, -1), -1), -1) > 0
    return jnp.minimum(blocked.sum(-1), feasible.shape[-1] - 1)


def needs_one_set(spec: RiskSpec) -> str | None:
    """Why a bound on a fixed number of exchangeable points can't be used, None where it can."""
    return None if spec.points else "its bound is for one calibration set of a fixed size, not for a stream"
