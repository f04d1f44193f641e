"""What risk controllers share: weighted sums of losses, and the first size on the grid that is good enough.

Shapes: r replicates, n points, g sizes on the grid.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.conformal._risk import Losses

TIE = 1e-4  # sums of losses that differ by less are equal: rounding must not decide


class Sums(NamedTuple):
    """Sum of the losses so far [r, g], and how many there were [] (both weighted where a method weights)."""

    total: jax.Array
    weight: jax.Array


class SummedLosses(Method):
    """Keeps the sum of the losses; a subclass says which sizes are `feasible`."""

    deterministic = True

    def init(self, key: jax.Array) -> Any:
        return Sums(jnp.zeros((self.spec.replicates, self.spec.grid)), jnp.zeros(()))

    def update(self, state: Any, batch: Losses, key: jax.Array) -> Any:
        return Sums(state.total + batch.loss.sum(1), state.weight + batch.loss.shape[1])

    def feasible(self, state: Any) -> jax.Array:
        """Whether a size may be chosen, bool [r, g]; monotone in the size."""
        raise TypeError(f"{self.name} doesn't say which sizes are feasible; give it a method `feasible`.")

    def size_index(self, state: Any) -> jax.Array:
        return first(self.feasible(state))


class CalibrationOnly(SummedLosses):
    """For bounds on a fixed number of exchangeable points."""

    def fits(self, spec: Any) -> str | None:
        return None if spec.points else "its bound is for one calibration set of a fixed size, not for a stream"


def first(feasible: jax.Array) -> jax.Array:
    """The smallest index whose every larger index is feasible too: bool [r, g] to int32 [r]; the last if there is none.

    An `argmax` over an all-false row would return the smallest set instead.
    """
    blocked = jnp.flip(jnp.cumsum(jnp.flip(~feasible, -1), -1), -1) > 0
    return jnp.minimum(blocked.sum(-1), feasible.shape[-1] - 1)


def order(count: jax.Array, alpha: jax.Array) -> jax.Array:
    """Which order statistic of `count` scores split conformal takes, ceil((count + 1)(1 - alpha)), as a float.

    It is computed from the other side, because (count + 1)(1 - alpha) may land just above an integer.
    """
    return count + 1 - jnp.floor(alpha * (count + 1) + TIE)
