"""Turns: what has not changed is looked at again in a fixed order, a part of it every day."""

import hashlib
import math
from collections.abc import Mapping


def turn(
    seconds: Mapping[str, float], day: int, days: float, budget: float = math.inf, latest: float = math.inf
) -> set[str]:
    """The names whose turn it is on a day.

    The names lie on a circle, in an order that their hashes give, each as long as the seconds that it takes. A day's
    arc begins where that of the day before ended; who begins within the arc has a turn.

    Args:
      seconds: what looking at each name takes.
      days: within which every name has a turn, where the budget allows it.
      budget: seconds a day.
      latest: days within which every name has a turn, whatever the budget.
    """
    lengths = {name: max(1, round(1000 * seconds[name])) for name in sorted(seconds, key=_shuffled)}
    circle = sum(lengths.values())
    arc = math.ceil(max(min(circle / days, 1000 * budget), circle / latest))  # whole numbers: arcs meet without a gap
    chosen = set()
    place = -day * arc
    for name, length in lengths.items():
        if place % circle < arc:
            chosen.add(name)
        place += length
    return chosen


def _shuffled(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
