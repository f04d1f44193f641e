"""Generate points of the plane on request: what does a sample look like, given a label or a value?

A learner of `Sampler` is trained on pairs of a source point and a target point with the target's condition; it then
moves source points for a condition, within a number of network calls. A learner of `Unlearner` is given an exact
conditional model and must stop answering one label, and go on answering the others.
Shapes: n points, b pairs, k labels.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench.blocks.diffusion import level

FORBIDDEN = 0  # the label that an unlearner may not answer
SAFE = 1  # the label that is offered instead, as the authors of score forgetting distillation do
SCHEDULE = "vp"  # noise levels of the exact model


class Sampler(Protocol):
    """What a learner of conditional generation answers."""

    def sample(self, state: Any, start: jax.Array, condition: jax.Array, calls: int) -> jax.Array:
        """Points [n, 2] for source points [n, 2] and their conditions [n], by at most `calls` network calls a point."""


class Unlearner(Protocol):
    """What a learner of forgetting answers."""

    def generate(self, state: Any, start: jax.Array, label: jax.Array) -> jax.Array:
        """Points [n, 2] for noise [n, 2] and labels int32 [n]."""


@dataclass(frozen=True)
class Spec:
    """Number of labels (0: the condition is a real number), and the hidden width that a network may have."""

    labels: int
    width: int


class Batch(NamedTuple):
    """Pairs: independent source and target points [b, 2], the targets' conditions [b], and times [b] in [0, 1)."""

    start: jax.Array
    target: jax.Array
    condition: jax.Array
    time: jax.Array


class Teacher(NamedTuple):
    """An exact conditional model: a Gaussian for each label, means [k, 2], standard deviation []."""

    means: jax.Array
    std: jax.Array


def encode(spec: Spec, condition: jax.Array) -> jax.Array:
    """Conditions [n] as inputs of a network: one-hot [n, k], or the value itself [n, 1]."""
    return jax.nn.one_hot(condition, spec.labels) if spec.labels else condition[:, None]


def denoise_label(teacher: Teacher, x: jax.Array, time: jax.Array, label: jax.Array) -> jax.Array:
    """E[x1 | x_t = x, label] of points [n, 2] at times [n]: [n, 2]."""
    at = level(SCHEDULE, time).columns()
    gain = teacher.std**2 * at.alpha / (at.alpha**2 * teacher.std**2 + at.sigma**2)
    mean = teacher.means[label]
    return mean + gain * (x - at.alpha * mean)


def denoise_any(teacher: Teacher, x: jax.Array, time: jax.Array) -> jax.Array:
    """E[x1 | x_t = x] without a label, every label being as likely as any other: [n, 2]."""
    at = level(SCHEDULE, time).columns()
    centres = at.alpha[..., None] * teacher.means[None]
    square = jnp.sum((x[:, None] - centres) ** 2, -1)
    share = jax.nn.softmax(-0.5 * square / (at.alpha**2 * teacher.std**2 + at.sigma**2), axis=-1)
    labels = jnp.arange(len(teacher.means))
    each = jax.vmap(lambda c: denoise_label(teacher, x, time, jnp.full(len(x), c)), out_axes=1)(labels)
    return jnp.sum(share[..., None] * each, 1)
