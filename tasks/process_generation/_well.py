"""A particle in a double well, and how it is drawn.

    U(s) = h (s^2 - 1)^2, the temperature of an overdamped particle being 1:    ds = (a - U'(s)) dt + sqrt(2) dW
    underdamped, with friction 1 and temperature T:    ds = v dt,    dv = (a - U'(s) - v) dt + sqrt(2 T) dW

both by Euler's steps of size dt. A frame is a Gaussian bump at s.

Shapes: n particles, f frames, p pixels.
"""

import jax
import jax.numpy as jnp

REACH = 2.2  # the well is looked at from -REACH to REACH
BUMP = 0.35  # width of the bump, in units of s


def slope(s: jax.Array, height: float | jax.Array) -> jax.Array:
    """U'(s)."""
    return 4 * height * s * (s**2 - 1)


def overdamped(
    key: jax.Array, start: jax.Array, force: jax.Array, height: float | jax.Array, dt: float, substeps: int
) -> jax.Array:
    """Positions [f, n] after each frame of `substeps` steps, from start [n], under the force [f, n]."""

    def step(s: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        index, push = now
        noise = jax.random.normal(jax.random.fold_in(key, index), s.shape)
        s = s + dt * (push - slope(s, height)) + (2 * dt) ** 0.5 * noise
        return s, s

    count = force.shape[0] * substeps
    _, path = jax.lax.scan(step, start, (jnp.arange(count), jnp.repeat(force, substeps, 0)))
    return path[substeps - 1 :: substeps]


def underdamped(
    key: jax.Array,
    start: tuple[jax.Array, jax.Array],
    force: jax.Array,
    height: float | jax.Array,
    temperature: float | jax.Array,
    dt: float,
    substeps: int,
) -> tuple[jax.Array, jax.Array]:
    """Positions and velocities [f, n] after each frame, from such [n], under the force [f, n]."""

    def step(now: tuple[jax.Array, jax.Array], given: tuple) -> tuple[tuple, tuple]:
        s, v = now
        index, push = given
        noise = jax.random.normal(jax.random.fold_in(key, index), s.shape)
        v = v + dt * (push - slope(s, height) - v) + jnp.sqrt(2 * temperature * dt) * noise
        s = s + dt * v
        return (s, v), (s, v)

    count = force.shape[0] * substeps
    _, path = jax.lax.scan(step, start, (jnp.arange(count), jnp.repeat(force, substeps, 0)))
    return path[0][substeps - 1 :: substeps], path[1][substeps - 1 :: substeps]


def render(s: jax.Array, pixels: int) -> jax.Array:
    """Frames [..., p] with a bump at s [...]; the pixels lie from -REACH to REACH."""
    places = jnp.linspace(-REACH, REACH, pixels).reshape((1,) * s.ndim + (pixels,))
    return jnp.exp(-0.5 * ((s[..., None] - places) / BUMP) ** 2)


def off_manifold(frames: jax.Array, positions: int = 177) -> jax.Array:
    """Squared distance [...], a pixel, from frames [..., p] to the nearest bump at one of so many positions."""
    pixels = frames.shape[-1]
    bumps = render(jnp.linspace(-REACH, REACH, positions), pixels)
    near = (bumps**2).sum(-1).reshape((1,) * (frames.ndim - 1) + (-1,)) - 2 * frames @ bumps.T
    return jnp.maximum((frames**2).sum(-1) + near.min(-1), 0.0) / pixels


def held(uniform: jax.Array, start: jax.Array, change: float) -> jax.Array:
    """A chain [f, n] over {-1, 0, 1} from start [n]: each frame it is drawn anew with probability `change`.

    Time looks the same both ways. The uniform numbers are [f, n, 2].
    """

    def step(now: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
        then = jnp.where(u[..., 0] < change, three(u[..., 1]), now)
        return then, then

    _, chain = jax.lax.scan(step, start, uniform)
    return chain


def three(uniform: jax.Array) -> jax.Array:
    """-1, 0 or 1 with equal chances."""
    return jnp.clip(jnp.floor(3 * uniform), 0, 2) - 1
