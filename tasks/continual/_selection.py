"""Choosing hyperparameters of continual learners: what is asked, and the tables that the choice is made from.

Shapes: k learners, s settings of each.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp


class Selector(Protocol):
    """Picks one setting for each learner."""

    def pick(self, state: Any) -> jax.Array:
        """Settings by number: int32 [k]; `self.given` holds the tables."""


@dataclass(frozen=True)
class TableSpec:
    """What a selector may know: the numbers of learners and of settings of each; setting 0 is the default one."""

    learners: int
    settings: int


class Tables(NamedTuple):
    """Accuracy [k, s] of every setting on the stream for tuning and on the stream that results are published of."""

    tuning: jax.Array
    evaluation: jax.Array


def spearman(a: jax.Array, b: jax.Array) -> jax.Array:
    """Rank correlation of two vectors [k] without ties."""
    k = a.shape[0]
    apart = jnp.argsort(jnp.argsort(a)) - jnp.argsort(jnp.argsort(b))
    return 1 - 6 * (apart.astype(jnp.float32) ** 2).sum() / (k * (k * k - 1))
