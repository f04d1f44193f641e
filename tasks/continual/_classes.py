"""New classes in every task and one output for all of them: what a learner answers, and what it is shown.

Shapes: b batch, n points of a task, t tasks, c classes, d inputs.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax


class SingleHead(Protocol):
    """What a learner of these streams answers; nobody tells it the task."""

    def single_head(self, state: Any, x: jax.Array) -> jax.Array:
        """A score for every class, x [b, d] to [b, c]."""


@dataclass(frozen=True)
class ClassSpec:
    """What a method may know: tasks, classes in all, inputs, steps and points a task."""

    tasks: int
    classes: int
    dims: int
    length: int
    points: int


class LabelledBatch(NamedTuple):
    """A batch of the current task, x [b, d] and y int32 [b], whether it starts or ends the task; the classes met so
    far, bool [c]; and all the task's points, [n, d] and [n]."""

    x: jax.Array
    y: jax.Array
    start: jax.Array
    end: jax.Array
    seen: jax.Array
    all_x: jax.Array
    all_y: jax.Array
