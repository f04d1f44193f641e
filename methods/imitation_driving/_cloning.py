"""What drivers that clone an expert share: what the network reads, its training, and what is steered for.

Shapes: n states, p points of a path, f numbers that a network reads, o that it answers.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim
from toybench.tasks.imitation_driving import SIGHT, SPEEDS, Command, Lesson, Recorded, View

RATES = (0.001, 0.003, 0.006, 0.01, 0.02, 0.03, 0.06, 0.1, 0.3)  # of every method with one knob
HIDDEN = 64
REACH = 4.0  # units: what distances are divided by
RAREST = 0.001  # least share of a class that its weight is for; a class that never occurs has weight 250
SHARE = 0.5  # of shifted states in a batch; `config.py`, augment_percentage
AIM = 1.5  # units to the waypoint that is steered for: a step and a half at full speed; paper: 2.25 or 3 metres


class State(NamedTuple):
    """Network, and its optimiser."""

    params: Any
    moments: Any


def inputs(view: View, target: str) -> jax.Array:
    """Numbers [n, f] of a view: of target points only the near, the far or none."""
    x = jnp.stack([view.speed, view.line / SIGHT, view.cue, view.offset, view.turned], axis=1)
    points = {"near": [view.near / REACH], "far": [view.far / REACH], "none": []}[target]
    return jnp.concatenate([x, view.limit, view.lane / REACH, *points], axis=1)


class Cloner(Method):
    """A network that clones the expert; a method says what it answers, by which error, and how it drives by that."""

    lr: float = 0.003  # Adam's first rate
    target: str = "far"  # which target points are read: near, far, none; paper: far
    augment: bool = True  # whether half of the states are shifted; paper: true

    @property
    @abc.abstractmethod
    def outputs(self) -> int:
        """Numbers that the network answers."""

    @abc.abstractmethod
    def error(self, answer: jax.Array, lesson: Lesson) -> jax.Array:
        """Of the answers [n, o] to a lesson: []."""

    @property
    def network(self) -> nn.MLP:
        """Two hidden layers."""
        return nn.MLP((HIDDEN, HIDDEN, self.outputs))

    def init(self, key: jax.Array) -> State:
        width = 5 + len(SPEEDS) - 1 + self.spec.points + (0 if self.target == "none" else 2)
        params = nn.init(self.network, key, jnp.zeros((1, width)))
        return State(params=params, moments=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Recorded, key: jax.Array) -> State:
        """A step of Adam, its rate falling to 0."""
        lesson = chosen(batch, self.augment, key)
        x = inputs(lesson.view, self.target)
        gradients = jax.grad(lambda params: self.error(self.network.apply(params, x), lesson))(state.params)
        params, moments = optim.descend(optim.adam(self.lr, self.steps), gradients, state.moments, state.params)
        return State(params=params, moments=moments)

    def answers(self, state: State, view: View) -> jax.Array:
        """Of the network, [n, o]."""
        return self.network.apply(state.params, inputs(view, self.target))


def chosen(batch: Recorded, augment: bool, key: jax.Array) -> Lesson:
    """States as they were driven; with `augment`, half of them shifted."""
    if not augment:
        return batch.driven
    shifted = jax.random.uniform(key, batch.driven.target.shape) < SHARE

    def pick(driven: jax.Array, moved: jax.Array) -> jax.Array:
        return jnp.where(jnp.expand_dims(shifted, tuple(range(1, driven.ndim))), moved, driven)

    return jax.tree.map(pick, batch.driven, batch.shifted)


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


def along_waypoints(answer: jax.Array) -> Command:
    """Steer for the first waypoint that is far enough, at the distance between the first two; answers [n, 2 p]."""
    points = answer.reshape(len(answer), -1, 2)
    away = jnp.linalg.norm(points, axis=-1) >= AIM
    first = jnp.where(away.any(1), away.argmax(1), points.shape[1] - 1)
    aim = jnp.take_along_axis(points, first[:, None, None], axis=1)[:, 0]
    return Command(aim=aim, speed=jnp.linalg.norm(points[:, 1] - points[:, 0], axis=-1))
