"""Predict the next state of a system that moves in the plane, and say how plausible a next state would be.

A learner sees the last states and answers two questions. `next`: which state follows? A learner may draw, so that it is
asked several times. `plausibility`: how likely is a given state to follow? Scales are its own; only the order counts.

Training shows fresh contexts with the state that followed. The speed of the motion and its switches are hidden.

Shapes: b contexts, c states in a context, z speeds.
"""

import abc
import math
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench import Task
from toybench.blocks import hmm
from toybench.blocks.random import normals, uniforms

SPEEDS = (0.4, 0.9)  # angles a step, in radians, where the water is smooth
SLOWER = 0.5  # by which a speed is multiplied where it is rough: on the left half of the plane
SWITCH = 0.05  # chance a step that the other speed sets in
SMOOTH = 0.05  # deviation of the next state's two coordinates
ROUGH = 0.2  # and from states where the water is rough
PULL = 0.2  # share of the way back to the unit circle that a step makes


@dataclass(frozen=True)
class Spec:
    """States in a context, and coordinates of a state."""

    states: int
    size: int = 2


class Contexts(NamedTuple):
    """What is known before: the last states, states [b, c, 2], the newest at the end."""

    states: jax.Array


class Moves(NamedTuple):
    """Contexts, and the state after each: after [b, 2]."""

    contexts: Contexts
    after: jax.Array


class WorldModel(Protocol):
    """Predicts and judges next states."""

    def next(self, state: Any, contexts: Contexts, key: jax.Array) -> jax.Array:
        """A next state [b, 2] for each context; another key may give another one."""

    def plausibility(self, state: Any, contexts: Contexts, after: jax.Array) -> jax.Array:
        """Higher where after [b, 2] is likelier to follow its context, [b]."""


def turned(points: jax.Array, angle: jax.Array | float) -> jax.Array:
    """Points [..., 2] turned by angles that broadcast against [...]."""
    x = points[..., 0]
    y = points[..., 1]
    cosine = jnp.cos(angle)
    sine = jnp.sin(angle)
    return jnp.stack([cosine * x - sine * y, sine * x + cosine * y], axis=-1)


def pulled(points: jax.Array) -> jax.Array:
    """Points [..., 2] moved towards the unit circle."""
    radius = jnp.sqrt((points**2).sum(-1, keepdims=True) + jnp.finfo(points.dtype).tiny)
    return points * (1 - PULL + PULL / radius)


def noise_from(points: jax.Array) -> jax.Array:
    """Deviation [...] of the state that follows points [..., 2]."""
    return jnp.where(points[..., 0] < 0, ROUGH, SMOOTH)


def expected(points: jax.Array) -> jax.Array:
    """Where a state [..., 2] is next but for noise, at each speed: [..., z, 2]."""
    pace = jnp.where(points[..., 0] < 0, SLOWER, 1.0)
    return jnp.stack([turned(pulled(points), pace * speed) for speed in SPEEDS], axis=-2)


def at_speed(points: jax.Array, speed: jax.Array) -> jax.Array:
    """Where states [b, 2] are next but for noise, at speeds int32 [b] by number: [b, 2]."""
    return jnp.take_along_axis(expected(points), speed[:, None, None], axis=1)[:, 0]


def simulate(start: jax.Array, speeds: jax.Array, noise: jax.Array) -> jax.Array:
    """States [t + 1, b, 2] from start [b, 2], speeds int32 [t, b] by number, and standard normal noise [t, b, 2]."""

    def step(here: jax.Array, each: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        speed, shock = each
        after = at_speed(here, speed) + noise_from(here)[:, None] * shock
        return after, after

    _, path = jax.lax.scan(step, start, (speeds, noise))
    return jnp.concatenate([start[None], path])


def log_density(points: jax.Array, mean: jax.Array, deviation: jax.Array) -> jax.Array:
    """Log density [...] at points [..., 2] of normal laws about means [..., 2] with these deviations [...]."""
    return -((points - mean) ** 2).sum(-1) / (2 * deviation**2) - jnp.log(2 * math.pi * deviation**2)


def speed_law(states: jax.Array) -> jax.Array:
    """Logarithm of each speed's chance at the next step, [b, z], given all states of a context [b, c, 2]; exact."""
    seen = log_density(states[:, 1:, None, :], expected(states[:, :-1]), noise_from(states[:, :-1])[..., None])
    stay = jnp.array([[1 - SWITCH, SWITCH], [SWITCH, 1 - SWITCH]])
    even = jnp.full(len(SPEEDS), 1 / len(SPEEDS))
    belief = jax.vmap(lambda evidence: hmm.log_filter(even, stay, evidence)[1][-1])(seen)
    return jax.nn.logsumexp(belief[:, :, None] + jnp.log(stay)[None], axis=1)


class Plane(Task, abc.ABC):
    """A point of the plane, the states before, and the one that follows."""

    states: int = 4  # in a context
    batch: int = 64  # contexts a step
    tests: int = 512  # contexts of the test set

    interface = WorldModel
    steps = 800
    checkpoints = 1

    @property
    def spec(self) -> Spec:
        return Spec(states=self.states)

    @abc.abstractmethod
    def expect(self, here: jax.Array, speed: jax.Array, uniform: jax.Array) -> jax.Array:
        """Where states [b, 2] are next but for noise, at speeds int32 [b], with a uniform number [b] for chance."""

    def moves(self, key: jax.Array, count: int) -> Moves:
        """Fresh contexts, and what follows each."""
        steps = self.states
        for_uniform, for_normal = jax.random.split(key)
        u = uniforms(for_uniform, angle=(count,), first=(1, count), switch=(steps - 1, count), chance=(count,))
        z = normals(for_normal, radius=(count,), noise=(steps, count, 2))
        radius = 1 + SMOOTH * z["radius"]
        start = turned(jnp.stack([radius, jnp.zeros(count)], axis=-1), 2 * math.pi * u["angle"])
        changes = jnp.concatenate([u["first"] < 1 / len(SPEEDS), u["switch"] < SWITCH])
        speeds = jnp.cumsum(changes, axis=0) % len(SPEEDS)
        path = simulate(start, speeds[:-1], z["noise"][:-1])
        after = self.expect(path[-1], speeds[-1], u["chance"]) + noise_from(path[-1])[:, None] * z["noise"][-1]
        return Moves(contexts=Contexts(states=jnp.swapaxes(path, 0, 1)), after=after)

    def draw(self, world: Any, key: jax.Array, learner: Any) -> tuple[Any, Moves]:
        """Fresh contexts."""
        return world, self.moves(key, self.batch)


def squared_error(answer: jax.Array, truth: jax.Array) -> jax.Array:
    """Squared distances [...] of points [..., 2]."""
    return ((answer - truth) ** 2).sum(-1)
