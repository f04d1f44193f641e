"""Forecast link loads through a change of routing: what a learner answers, and what it is shown.

Shapes: b batch, w hours of a window, l links, h hours of the recent past.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax


class Forecaster(Protocol):
    """What a learner of these streams answers."""

    def forecast(self, state: Any, window: jax.Array) -> jax.Array:
        """A link's load in the next hour, from its last w hours: [b, w] to [b]."""


@dataclass(frozen=True)
class ForecastSpec:
    """What a method may know: hours of a window, links, and steps before deployment."""

    window: int
    links: int
    training: int


class Traffic(NamedTuple):
    """Before deployment: windows [b, w] of past days and what followed, [b]. While `live`: the recent past of all links
    up to this hour, [l, h], and how many hours ago deployment began."""

    window: jax.Array
    target: jax.Array
    live: jax.Array
    hour: jax.Array
    recent: jax.Array
