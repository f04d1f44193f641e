"""Trade in a simulated market: learn from days that one traded oneself, and earn on fresh days.

A learner quotes as a market maker (`Quoter`): at each step it chooses one of a few pairs of distances, at which it
offers to buy below the mid price and to sell above it. It is shown days that it quoted itself, with what it earned. The
market's laws are not told.

Shapes: n days at once, T steps of a day, o numbers of an observation, a pairs of distances.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax


class Quoter(Protocol):
    """What a market maker answers."""

    def explore(self, state: Any, obs: jax.Array, key: jax.Array) -> jax.Array:
        """The pair to quote while learning, int32 [n], for observations [n, o]."""

    def quote(self, state: Any, obs: jax.Array) -> jax.Array:
        """The pair to quote on days that count, int32 [n]."""


@dataclass(frozen=True)
class Spec:
    """What a market maker may know.

    Attributes:
      distances: at which it may quote on either side; pair number i len(distances) + j buys at the i-th below the mid
        price and sells at the j-th above it.
      most: units that it may hold, or owe.
      trends: states of the market's trend, which is observed.
      fee: of a trade.
      closing: cost of a unit that is held or owed at the end of a day.
      length: steps of a day.
    """

    distances: tuple[float, ...]
    most: int
    trends: int
    fee: float
    closing: float
    length: int

    @property
    def pairs(self) -> int:
        """How many pairs of distances there are."""
        return len(self.distances) ** 2

    @property
    def observed(self) -> int:
        """Numbers of an observation: inventory, trend (one-hot), time left."""
        return self.trends + 2


class Days(NamedTuple):
    """Days that the learner quoted.

    Attributes:
      obs: what it saw, [T + 1, n, o]; the last is the close.
      pair: what it quoted, int32 [T, n].
      inventory: what it held before each step and at the close, int32 [T + 1, n].
      trend: the market's before each step and at the close, int32 [T + 1, n].
      bought: whether its bid was taken, 0 or 1, [T, n].
      sold: whether its ask was taken, 0 or 1, [T, n].
      change: of the mid price after the trades of the step, [T, n].
      profit: of the step, by the mid price, fees taken off; the last has the cost of closing, [T, n].
      realised: of the step, the profit of units that were bought and sold again or sold and bought back, [T, n].
    """

    obs: jax.Array
    pair: jax.Array
    inventory: jax.Array
    trend: jax.Array
    bought: jax.Array
    sold: jax.Array
    change: jax.Array
    profit: jax.Array
    realised: jax.Array
