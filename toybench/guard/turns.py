"""Turns: what has not changed is looked at again in a fixed order, a part of it every day."""

import hashlib
import math
from collections.abc import Mapping

DAYS = 28  # days within which everything settled has had its turn


def turn(seconds: Mapping[str, float], day: int, budget: float = 0.0, days: float = DAYS) -> set[str]:
    """The names whose turn it is on a day, so that over the days each is as often looked at as any other.

    The names lie on a circle, in an order that their hashes give, each as long as the seconds that it takes. A day's
    arc begins where that of the day before ended; who begins within the arc has a turn.

    Args:
      seconds: what looking at each name takes.
      budget: seconds a day.
      days: days within which every name has a turn, though that be more than the budget; `math.inf` for no such bound.
    """
    lengths = {name: max(1, round(1000 * seconds[name])) for name in sorted(seconds, key=_shuffled)}
    circle = sum(lengths.values())
    arc = max(round(1000 * budget), math.ceil(circle / days))  # whole milliseconds: arcs meet without a gap
    chosen = set()
    place = -day * arc
    for name, length in lengths.items():
        if place % circle < arc:
            chosen.add(name)
        place += length
    return chosen


def _shuffled(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
