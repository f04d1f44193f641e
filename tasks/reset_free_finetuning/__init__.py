"""Fine-tune a policy that was learned from records, where nobody resets the world and nobody pays.

A learner answers two questions: `act`, what to do while it learns, and `best`, what to do when it is tested. The first
half of its updates it has the records alone; what it plays meanwhile counts for nothing and isn't shown as played. In
the other half it sees its own walks, by turns to the aim and back, each from the place where the last one ended.

What is given: recorded walks to several aims, each with its aim and its successes; many pictures with captions, which
say where but know no aim; and a few pictures for two aims, the target and the way back, with a label for each whether
it shows a success. Own walks come with pictures and without rewards: a learner judges the pictures itself. `hidden` is
the truth about them; a reference may be shown it, and all others leave it alone. Places are for acting alone, as those
of an arm that doesn't feel what it moves.

Shapes: w walks, t steps of a walk, p numbers of a picture, k aims, c captioned and m labelled pictures, n
places.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax

TARGET = 0  # the aim that is fine-tuned


@dataclass(frozen=True)
class Spec:
    """Sizes of what a learner is shown.

    Attributes:
      actions: how many there are, numbered from 0.
      aims: k, where walks may go; the first is the target, the last is back home.
      picture: p, numbers of a picture.
      length: t, steps of a walk.
      updates: gradient steps that it may take in an update.
    """

    actions: int
    aims: int
    picture: int
    length: int
    updates: int

    @property
    def home(self) -> int:
        """The aim of walks back."""
        return self.aims - 1


class Records(NamedTuple):
    """Walks: places [w, t + 1, 2], pictures [w, t + 1, p], actions int32 [w, t], aims int32 [w], successes [w, t]."""

    x: jax.Array
    picture: jax.Array
    a: jax.Array
    aim: jax.Array
    r: jax.Array


class Labelled(NamedTuple):
    """Pictures [2, m, p] and whether they show success [2, m], for the target first and for home second."""

    picture: jax.Array
    reached: jax.Array


class Captioned(NamedTuple):
    """Pictures [c, p] of places all over, before other backgrounds, and captions, the places [c, 2]."""

    picture: jax.Array
    where: jax.Array


class Given(NamedTuple):
    """What there is before a learner's own walks."""

    records: Records
    captioned: Captioned
    labelled: Labelled


class Played(NamedTuple):
    """A walk to the target and the walk back, as records are, but for the rewards `hidden` [2, t] that nobody gives.

    `online` [] is 1 where they count, and 0 in the first half, where they are to be left alone.
    """

    x: jax.Array
    picture: jax.Array
    a: jax.Array
    aim: jax.Array
    hidden: jax.Array
    online: jax.Array


class Tuner(Protocol):
    """Walks."""

    def act(self, state: Any, x: jax.Array, aim: jax.Array, key: jax.Array) -> jax.Array:
        """Actions while it learns, at places [n, 2] for aims int32 [n]: int32 [n]."""

    def best(self, state: Any, x: jax.Array, aim: jax.Array) -> jax.Array:
        """Actions when it is tested: int32 [n]."""
