"""Learn from recorded walks without rewards, and then from walks of one's own with them: what did the records bring?

A learner answers `act`: where to go now? The first half of its updates it has the records alone; what it plays
meanwhile counts for nothing and isn't shown as played. In the other half it sees its own walks and what they earned.

What is given: recorded walks of somebody who went to several places, without a word of why. `hidden` are the rewards
that these walks would have earned; a learner for which rewards are hidden leaves it alone.

Shapes: n places, e episodes, w recorded walks, t steps of a walk.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax


@dataclass(frozen=True)
class Spec:
    """Sizes of what a learner is shown.

    Attributes:
      actions: how many there are, numbered from 0.
      length: t, steps of a walk.
      episodes: e, walks of its own that a learner plays before an update.
      updates: gradient steps that it may take in an update.
    """

    actions: int
    length: int
    episodes: int
    updates: int


class Recorded(NamedTuple):
    """Walks: places [w, t + 1, 2], actions int32 [w, t], and the rewards that nobody saw [w, t]."""

    x: jax.Array
    a: jax.Array
    hidden: jax.Array


class Played(NamedTuple):
    """A learner's own walks: places [e, t + 1, 2], actions int32 [e, t], rewards [e, t].

    `online` [] is 1 where they count, and 0 in the first half, where they are to be left alone.
    """

    x: jax.Array
    a: jax.Array
    r: jax.Array
    online: jax.Array


class Walker(Protocol):
    """Walks."""

    def act(self, state: Any, x: jax.Array, earned: jax.Array, key: jax.Array) -> jax.Array:
        """Actions at places [n, 2], where walks have earned [n] so far: int32 [n]."""
