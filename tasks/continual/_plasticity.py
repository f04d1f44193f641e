"""Online classification of a long stream of tasks: what is asked of a learner, and how it is judged.

Shapes: b examples a step, d inputs, c classes, h hidden units, t tasks, n steps.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp


class OnlineClassifier(Protocol):
    """Classifies every batch of a stream before it learns from it."""

    def classify(self, state: Any, x: jax.Array) -> jax.Array:
        """Scores [b, c] of the classes for inputs [b, d]."""

    def units(self, state: Any, x: jax.Array) -> tuple[jax.Array, ...]:
        """Activations [b, h] of each hidden layer for inputs [b, d]."""


@dataclass(frozen=True)
class StreamSpec:
    """What a method may know: the number of inputs and of classes."""

    inputs: int
    classes: int


class Shown(NamedTuple):
    """A step of the stream: inputs float [b, d], labels int32 [b], and whether a new task starts here, bool []."""

    x: jax.Array
    y: jax.Array
    start: jax.Array


def hits(scores: jax.Array, y: jax.Array) -> jax.Array:
    """How many of the labels int32 [b] have the highest of the scores [b, c]: float []."""
    return (jnp.argmax(scores, -1) == y).astype(jnp.float32).sum()


def dead_share(layers: tuple[jax.Array, ...]) -> jax.Array:
    """Share of the hidden units that are zero for every example, over layers [b, h]."""
    dead = jnp.concatenate([jnp.all(h <= 0, axis=0) for h in layers])
    return dead.astype(jnp.float32).mean()


def effective_rank(layers: tuple[jax.Array, ...]) -> jax.Array:
    """exp of the entropy of the normalised singular values (Roy and Vetterli, 2007), mean over layers [b, h]."""
    return jnp.stack([_rank(h) for h in layers]).mean()


def _rank(h: jax.Array) -> jax.Array:
    singular = jnp.sqrt(jnp.maximum(jnp.linalg.eigvalsh(h.T @ h), 0.0))
    p = singular / jnp.maximum(singular.sum(), 1e-12)
    return jnp.exp(-(p * jnp.log(jnp.maximum(p, 1e-12))).sum())
