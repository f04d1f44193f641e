"""Learn a permutation of bits from the inputs that have a single one: how many networks must be averaged?

A learner answers what ensembles of growing size say about every input but zero, and where it rounds (`Ensembles`). It
is shown one batch, the k unit vectors and their images, and nothing else.

Shapes: k bits, n = 2^k - 1 inputs, m sizes of ensembles.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import numpy as np


@dataclass(frozen=True)
class EnsembleSpec:
    """How many bits there are, and how large the ensembles, in rising order: the first members of one long row."""

    bits: int
    sizes: tuple[int, ...]


class Shown(NamedTuple):
    """The batch: unit vectors x [k, k] and their images y [k, k], both of zeros and ones."""

    x: jax.Array
    y: jax.Array


class Ensembles(Protocol):
    """What a learner of this study answers."""

    def outputs(self, state: Any) -> jax.Array:
        """Mean output of every ensemble for every input in the order of `inputs`: float [m, n, k]."""

    def threshold(self, state: Any) -> jax.Array | float:
        """A bit is one where the mean output lies above this."""


def inputs(bits: int) -> np.ndarray:
    """All inputs but zero, float64 [n, k] of zeros and ones; row i - 1 is the number i, its lowest bit first."""
    numbers = np.arange(1, 2**bits)
    return ((numbers[:, None] >> np.arange(bits)[None, :]) % 2).astype(float)
