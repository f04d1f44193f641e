"""Class-incremental learning: sessions that bring new classes, one scale of answers for all classes seen so far.

Shapes: n examples of a session, d inputs, c classes of the whole stream, b batch, u updates a session, t sessions.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench import Metric

METRICS = {
    "average_incremental_accuracy": Metric("max", "accuracy over all classes seen, mean over the sessions so far"),
    "final_accuracy": Metric("max", "accuracy over all classes seen after the latest session"),
    "forgetting": Metric("min", "best earlier accuracy on a session less the latest, mean over earlier sessions"),
    "new_session_accuracy": Metric("max", "accuracy on a session's classes right after it, mean over sessions"),
}


class IncrementalClassifier(Protocol):
    """Classifies among all classes of the stream."""

    def session_scores(self, state: Any, x: jax.Array) -> jax.Array:
        """Scores [b, c] for inputs [b, d]; those of classes not seen so far are not looked at."""


@dataclass(frozen=True)
class SessionSpec:
    """What a method may know before the first session.

    Attributes:
      fresh: new classes a session.
      examples: training examples a class.
      memory: examples a class that may be kept after its session.
    """

    inputs: int
    sessions: int
    fresh: int
    examples: int
    memory: int

    @property
    def classes(self) -> int:
        return self.sessions * self.fresh


class Session(NamedTuple):
    """The whole training set of a session, and the order to learn it in.

    Inputs float [n, d], labels int32 [n] in order (examples of one class lie together, the new classes in order),
    minibatches as indices int32 [u, b], the session's number int32 [].
    """

    x: jax.Array
    y: jax.Array
    order: jax.Array
    number: jax.Array


class Course(NamedTuple):
    """Training data [t, n, d] and [t, n], test data [t, m, d] and [t, m], sessions begun int32 [], and the accuracy on
    session j after session i, [t, t]."""

    x: jax.Array
    y: jax.Array
    test_x: jax.Array
    test_y: jax.Array
    begun: jax.Array
    accuracy: jax.Array


def examine(course: Course, learner: Any) -> jax.Array:
    """Accuracy [t] on every session's test set among the classes that have been seen."""
    t, m = course.test_y.shape
    scores = learner.session_scores(course.test_x.reshape(t * m, -1))
    seen = jnp.arange(scores.shape[-1]) < course.begun * (scores.shape[-1] // t)
    right = jnp.argmax(jnp.where(seen[None], scores, -jnp.inf), -1) == course.test_y.reshape(-1)
    return right.astype(jnp.float32).reshape(t, m).mean(-1)


def grade(accuracy: jax.Array, latest: jax.Array, done: jax.Array) -> dict[str, jax.Array]:
    """The field's metrics after `done` sessions from accuracies [t, t] of earlier ones and the latest [t]."""
    t = latest.shape[0]
    row, last = jnp.arange(t), jnp.maximum(done - 1, 0)
    table = accuracy.at[last].set(latest)
    known = (row[None] <= row[:, None]) & (row[:, None] <= last)  # [after, on]
    table = jnp.where(known, table, 0.0)
    after = table.sum(-1) / (row + 1).astype(jnp.float32)
    best = jnp.where(row[:, None] < last, table, 0.0).max(0)
    count = (last + 1).astype(jnp.float32)
    earlier = (row < last).astype(jnp.float32)
    return {
        "average_incremental_accuracy": after.sum() / count,
        "final_accuracy": after[last],
        "forgetting": (earlier * (best - table[last])).sum() / jnp.maximum(earlier.sum(), 1.0),
        "new_session_accuracy": jnp.diagonal(table).sum() / count,
    }
