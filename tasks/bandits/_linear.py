"""What linear tasks tell a method and show it.

Shapes: n instances, d context dimensions.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax


@dataclass(frozen=True)
class LinearSpec:
    """What a method may know.

    Attributes:
      noise: the largest standard deviation of a reward's noise.
      quietest: the smallest one, 0 excluded.
      norm: bound of the parameter's Euclidean norm.
      zeta: bound of the departure from linearity.
    """

    instances: int
    dim: int
    noise: float
    quietest: float
    norm: float = 1.0
    zeta: float = 0.0


class LinearRound(NamedTuple):
    """A batch: the input, float [n, d], its response, float [n], and the noise's standard deviation in it, float
    [n]."""

    x: jax.Array
    response: jax.Array
    sigma: jax.Array
