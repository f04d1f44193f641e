"""Trade assets whose prices have hidden trends: learn from episodes that one traded oneself, and grow wealth on others.

A learner is a `Trader`: each day it buys or sells shares of each asset, up to a number that the task sets. It sees the
last returns and what it holds, and is shown episodes that it traded, with the growth of its wealth. The market's laws
are not told.

Shapes: n episodes at once, T days, w days of the window, k assets.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax


class Sight(NamedTuple):
    """What a trader sees.

    Attributes:
      window: the last returns in units of their deviation, the newest last, [..., w, k].
      held: shares of the wealth that are in the assets, [..., k]; the rest is cash.
    """

    window: jax.Array
    held: jax.Array


class Trader(Protocol):
    """What a trader answers. Orders are in units of the most shares; what is above 1 or below -1 counts as that."""

    def explore(self, state: Any, sight: Sight, key: jax.Array) -> jax.Array:
        """Orders [n, k] while learning: positive to buy, negative to sell."""

    def trade(self, state: Any, sight: Sight) -> jax.Array:
        """Orders [n, k] in the episodes that count."""


@dataclass(frozen=True)
class Spec:
    """What a trader may know.

    Attributes:
      assets: how many there are.
      window: days that it sees.
      most: shares of an asset that it may buy or sell in a day.
      wealth: shares that it could buy in the beginning.
      fee: of what is bought or sold.
      length: days of an episode.
    """

    assets: int
    window: int
    most: int
    wealth: int
    fee: float
    length: int


class Episodes(NamedTuple):
    """Episodes that the learner traded.

    Attributes:
      sight: before each day and at the end, arrays [T + 1, n, ...].
      orders: what it asked for, [T, n, k].
      growth: of the logarithm of its wealth, fees taken off, [T, n].
    """

    sight: Sight
    orders: jax.Array
    growth: jax.Array
