"""Control a point mass from recorded episodes alone: which action now, so that the rest goes well, or as asked?

A learner is given recorded episodes, and at every update the places in them of a batch. It never touches the
simulator. A `Controller` acts so that rewards are high. An `Obedient` learner acts so that what it is asked for
happens: episodes are labelled with one thing each, and it is asked for two.

Actions lie in [-1, 1]^k. An episode has `blocks.pointmass.LENGTH` steps and ends by the clock alone, so the last
place isn't terminal. Labels are known at every step: how well the rest of the episode went, or what it was an example
of.
Shapes: m episodes, T steps, b places of a batch, n episodes at a time, k numbers of an action, c numbers of a label.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

DISCOUNT = 0.95  # a horizon of 20 steps, the length of an episode


@dataclass(frozen=True)
class Spec:
    """Numbers of an action and of a label (1: how well the rest went, from 0 to 1; more: one-hot)."""

    actions: int
    labels: int


class Recorded(NamedTuple):
    """All that is known: places x [m, T + 1, 2], actions u [m, T, k], rewards r [m, T] and labels [m, T, c]."""

    x: jax.Array
    u: jax.Array
    r: jax.Array
    label: jax.Array


class Batch(NamedTuple):
    """Which places of the recorded episodes to learn from now: episode int32 [b], step int32 [b]."""

    episode: jax.Array
    step: jax.Array


class Transitions(NamedTuple):
    """One step each: place x [b, 2], action u [b, k], reward r [b], next place x1 [b, 2], label [b, c]."""

    x: jax.Array
    u: jax.Array
    r: jax.Array
    x1: jax.Array
    label: jax.Array


class Controller(Protocol):
    """Acts for a high reward."""

    def start(self, state: Any, count: int) -> Any:
        """What the learner keeps in mind as `count` episodes begin, side by side."""

    def act(self, state: Any, mind: Any, x: jax.Array, key: jax.Array) -> tuple[Any, jax.Array]:
        """What it then keeps in mind, and actions [n, k] at places [n, 2]."""


class Obedient(Protocol):
    """Acts so that all that is asked for happens."""

    def begin(self, state: Any, wanted: jax.Array) -> Any:
        """What the learner keeps in mind as episodes begin that shall bring what `wanted` [n, c] marks with 1."""

    def act(self, state: Any, mind: Any, x: jax.Array, key: jax.Array) -> tuple[Any, jax.Array]:
        """What it then keeps in mind, and actions [n, k] at places [n, 2]."""


FEATURES = 10  # numbers of a place's features


def features(x: jax.Array) -> jax.Array:
    """What networks are given of places [..., 2]: both numbers, and sines and cosines of them times pi and 2 pi.

    With the numbers alone no critic of this size sees the disc's edge, and all of them lead into it.
    """
    waves = [wave(times * jnp.pi * x) for times in (1, 2) for wave in (jnp.sin, jnp.cos)]
    return jnp.concatenate([x, *waves], axis=-1)


def transitions(data: Recorded, at: Batch) -> Transitions:
    """The steps that begin at the batch's places."""
    return Transitions(
        x=data.x[at.episode, at.step],
        u=data.u[at.episode, at.step],
        r=data.r[at.episode, at.step],
        x1=data.x[at.episode, at.step + 1],
        label=data.label[at.episode, at.step],
    )


def windows(data: Recorded, at: Batch, length: int) -> tuple[jax.Array, jax.Array]:
    """(places [b, length + 1, 2], actions [b, length, k]) from the batch's places on.

    After the end of its episode the mass stays where it is, by actions of 0.
    """
    steps = at.step[:, None] + jnp.arange(length + 1)[None, :]
    last = data.u.shape[1]
    x = data.x[at.episode[:, None], jnp.minimum(steps, last)]
    u = data.u[at.episode[:, None], jnp.minimum(steps[:, :-1], last - 1)]
    return x, jnp.where((steps[:, :-1] < last)[..., None], u, 0.0)
