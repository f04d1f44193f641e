"""A point mass on the square [-1, 1]^2, with a disc in the middle that it must go around.

Shapes: n points, T steps, k numbers of a control; leading axes where "..." stands.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks.random import normals, uniforms

START = (-0.8, 0.0)
GOAL = (0.8, 0.0)
RADIUS = 0.35  # of the disc
STEP = 0.15  # length of a move at full control
LENGTH = 20  # steps of an episode
SPREAD = 0.1  # half of the width of the square around START in which episodes begin
DETOUR = 0.55  # height of the points through which the expert goes around the disc
TURN = -0.05  # it goes to that point while left of this
MEMORY = 0.8  # correlation of aimless controls from one step to the next
TINY = 1e-6  # keeps the direction to a point that is reached finite

Move = Callable[[jax.Array, jax.Array], jax.Array]  # (x [..., 2], u [..., 2]) -> next x [..., 2]


def _everywhere(point: tuple[float, float], x: jax.Array) -> jax.Array:
    """The point, once for each of the places x [..., 2]."""
    return jnp.broadcast_to(jnp.array(point), x.shape)


def bounded(u: jax.Array) -> jax.Array:
    """The control u [..., 2], made as short as 1 where it is longer."""
    return u / jnp.maximum(1.0, jnp.linalg.norm(u, axis=-1, keepdims=True))


def move(x: jax.Array, u: jax.Array, radius: float | jax.Array = RADIUS) -> jax.Array:
    """The next place [..., 2]; a move that ends in the disc around 0 is not made."""
    there = jnp.clip(x + STEP * bounded(u), -1.0, 1.0)
    return jnp.where(inside(there, radius), x, there)


def inside(x: jax.Array, radius: float | jax.Array = RADIUS) -> jax.Array:
    """Whether [..., 1] places x [..., 2] are in the disc."""
    return (x**2).sum(-1, keepdims=True) < radius**2


def reward(x: jax.Array) -> jax.Array:
    """Minus the distance [...] to the goal."""
    return -jnp.linalg.norm(x - _everywhere(GOAL, x), axis=-1)


def towards(x: jax.Array, aim: jax.Array) -> jax.Array:
    """The control [..., 2] that goes straight to `aim`, and no farther."""
    way = (aim - x) / STEP
    return way / jnp.maximum(1.0, jnp.linalg.norm(way, axis=-1, keepdims=True) + TINY)


def waypoint_expert(x: jax.Array, side: jax.Array) -> jax.Array:
    """The control [..., 2] of the stated expert: to (0, DETOUR side), from there to the goal.

    `side` [...] is 1 or -1.
    """
    way = jnp.stack([jnp.zeros_like(side), DETOUR * side], axis=-1)
    aim = jnp.where(x[..., :1] < TURN, way, _everywhere(GOAL, x))
    return towards(x, aim)


class Path(NamedTuple):
    """Episodes: places x [n, T + 1, 2] and the controls u [n, T, k] between them."""

    x: jax.Array
    u: jax.Array


def rollout(act: Callable[..., Any], carry: Any, x0: jax.Array, keys: jax.Array, moved: Move) -> tuple[Any, Path]:
    """Episodes from places x0 [n, 2], one step for each of `keys` [T]; act(carry, x, key) -> (carry, u [n, k])."""

    def step(now: tuple[Any, jax.Array], key: jax.Array) -> tuple[tuple[Any, jax.Array], tuple[jax.Array, jax.Array]]:
        carry, x = now
        carry, u = act(carry, x, key)
        there = moved(x, u)
        return (carry, there), (there, u)

    (carry, _), (x, u) = jax.lax.scan(step, (carry, x0), keys)
    x = jnp.concatenate([x0[None], x])
    return carry, Path(x=x.swapaxes(0, 1), u=u.swapaxes(0, 1))


def starts(uniform: jax.Array) -> jax.Array:
    """First places [n, 2] around START, from uniform numbers [n, 2]."""
    return _everywhere(START, uniform) + SPREAD * (2 * uniform - 1)


def recorded(
    key: jax.Array, count: int, moved: Move = move, noises: tuple[float, float] = (0.1, 0.5), aimless: bool = True
) -> Path:
    """Recorded episodes of LENGTH steps: of the expert with the first noise, with the second, and aimless ones.

    A third each, in this order, or halves without the aimless. Half of the experts' go above the disc, half below.
    Noise is the standard deviation of what is added to each number of a control.
    """
    keys = jax.random.split(key)
    drawn = uniforms(keys[0], start=(count, 2), side=(count,))
    noise = normals(keys[1], noise=(LENGTH, count, 2))["noise"]
    kinds = 3 if aimless else 2
    kind = jnp.arange(count) * kinds // count
    side = jnp.where(drawn["side"] < 0.5, 1.0, -1.0)
    sd = jnp.array(noises)[jnp.minimum(kind, 1)][:, None]
    fresh = jnp.sqrt(1 - MEMORY**2)

    def step(now: tuple[jax.Array, jax.Array], added: jax.Array) -> tuple[tuple, tuple[jax.Array, jax.Array]]:
        x, drift = now
        drift = MEMORY * drift + fresh * added
        u = jnp.where((kind == 2)[:, None], drift, waypoint_expert(x, side) + sd * added)
        there = moved(x, bounded(u))
        return (there, drift), (there, bounded(u))

    x0 = starts(drawn["start"])
    _, (x, u) = jax.lax.scan(step, (x0, jnp.zeros((count, 2))), noise)
    return Path(x=jnp.concatenate([x0[None], x]).swapaxes(0, 1), u=u.swapaxes(0, 1))
