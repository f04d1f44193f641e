"""What drivers that clone an expert share: what the network reads, a step of training, and what is steered for.

Shapes: n states, p points of a path, f numbers that a network reads, o that it answers.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks import nn, optim
from toybench.tasks.imitation_driving import SIGHT, SPEEDS, Lesson, Recorded, Spec, View

HIDDEN = 64
REACH = 4.0  # units: what distances are divided by
RAREST = 0.001  # least share of a class that its weight is for; a class that never occurs has weight 250
SHARE = 0.5  # of shifted states in a batch; `config.py`, augment_percentage


class State(NamedTuple):
    """Network, and its optimiser."""

    params: Any
    moments: Any


def inputs(view: View, target: str) -> jax.Array:
    """Numbers [n, f] of a view: of target points only the near, the far or none."""
    x = jnp.stack([view.speed, view.line / SIGHT, view.cue, view.offset, view.turned], axis=1)
    points = {"near": [view.near / REACH], "far": [view.far / REACH], "none": []}[target]
    return jnp.concatenate([x, view.limit, view.lane / REACH, *points], axis=1)


def network(outputs: int) -> nn.MLP:
    """Two hidden layers."""
    return nn.MLP((HIDDEN, HIDDEN, outputs))


def start(spec: Spec, outputs: int, target: str, key: jax.Array) -> State:
    """Random weights, and Adam's moments 0."""
    width = 5 + len(SPEEDS) - 1 + spec.points + (0 if target == "none" else 2)
    params = nn.init(network(outputs), key, jnp.zeros((1, width)))
    return State(params=params, moments=optim.adam(0.0, 1).init(params))


def answers(state: State, outputs: int, view: View, target: str) -> jax.Array:
    """Of the network, [n, o]."""
    return network(outputs).apply(state.params, inputs(view, target))


def chosen(batch: Recorded, augment: bool, key: jax.Array) -> Lesson:
    """States as they were driven; with `augment`, half of them shifted."""
    if not augment:
        return batch.driven
    shifted = jax.random.uniform(key, batch.driven.target.shape) < SHARE

    def pick(driven: jax.Array, moved: jax.Array) -> jax.Array:
        return jnp.where(jnp.expand_dims(shifted, tuple(range(1, driven.ndim))), moved, driven)

    return jax.tree.map(pick, batch.driven, batch.shifted)


def train(
    state: State, x: jax.Array, outputs: int, error: Callable[[jax.Array], jax.Array], lr: Any, steps: int
) -> State:
    """A step of Adam, its rate falling to 0, on the error of the answers [n, o] to inputs x [n, f]."""
    gradients = jax.grad(lambda params: error(network(outputs).apply(params, x)))(state.params)
    params, moments = optim.descend(optim.adam(lr, steps), gradients, state.moments, state.params)
    return State(params=params, moments=moments)


def split(answer: jax.Array, points: int) -> tuple[jax.Array, jax.Array]:
    """A path [n, p, 2] and logits of the speeds [n, 4] from answers [n, o]."""
    return answer[:, : 2 * points].reshape(-1, points, 2), answer[:, 2 * points :]


def path_error(answer: jax.Array, lesson: Lesson, shares: jax.Array) -> jax.Array:
    """Mean absolute error of the path and cross entropy of the speed, classes weighted by 1 / (4 share)."""
    path, logits = split(answer, lesson.path.shape[1])
    weights = 1 / (len(SPEEDS) * jnp.maximum(shares, RAREST))
    weight = weights[lesson.target]
    right = jnp.take_along_axis(jax.nn.log_softmax(logits), lesson.target[:, None], axis=1)[:, 0]
    return jnp.abs(path - lesson.path).mean() - (weight * right).sum() / weight.sum()
