"""Kinetic-optimal path: of all schedules the one with the least mean squared velocity.

**Source**: Shaul, Chen, Nickel, Le and Lipman, "On Kinetic Optimal Probability Paths for Generative Models", ICML 2023,
https://arxiv.org/abs/2306.06626. Equations 21 to 29 and theorem 3.1 as quoted, by number, in a full summary of the
paper (reports/2306.06626.md of github.com/asimfish/awesome_diffusion_OT), and derived anew here.

    x_t = r (sin a x1 + cos a x0),   w(a) = 1 - (1 - lambda(tan a)) / cos^2 a,   T = int_0^{pi/2} sqrt(w) da
    r^2 = 1 - b t + b t^2,   b = 2 - 2 cos T,   int_0^a sqrt(w) = atan2(t sin T, 1 - t + t cos T)

**Differs from the paper**: 1. the boundary value b and the angle a(t), which the paper fits by gradient descent on a
small network, are read off the integral of sqrt(w), as theorem 3.1's equations separate. 2. w is estimated as the mean
square of the velocity of the quarter turn, which is the same function and never negative; from lambda itself, Monte
Carlo errors make it so. 3. lambda comes from the exact posterior of the data (512 pairs, 128 angles), as in the paper's
equation 39 for finite data. 4. where w vanishes the path has an infinite speed in its parameters; between two grid
angles the speed is the mean one.

**Shapes**: g angles and the midpoints between them, m pairs, d coordinates.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.diffusion import Level
from toybench.blocks.random import normals
from toybench.methods.probability_paths._path import advance
from toybench.tasks.probability_paths import Parts, even, midpoints, parts

PAIRS = 512  # of data and noise, over which w is averaged
ANGLES = 128  # steps of the quarter turn
LEAST = 1e-6  # of a step's length in the cone: no step takes no time


class State(NamedTuple):
    """Length [g + 1] in the cone up to each angle, from 0 to its opening."""

    length: jax.Array


class KineticOptimal(Method):
    """The chord of the cone."""

    paper = "shaul2023kinetic"
    solver: str = "euler"  # euler: along the field; ddim: to the next level with the same data and noise

    def init(self, key: jax.Array) -> State:
        z = normals(key, data=(PAIRS, self.spec.dim), noise=(PAIRS, self.spec.dim))
        x1 = even(self.given, z["data"])

        def root_energy(angle: jax.Array) -> jax.Array:
            alpha = jnp.sin(angle)
            sigma = jnp.cos(angle)
            known = parts(self.given, alpha * x1 + sigma * z["noise"], alpha, sigma)
            return jnp.sqrt(jnp.mean((sigma * known.clean - alpha * known.noise) ** 2))

        roots = jax.lax.map(root_energy, midpoints(jnp.pi / 2, ANGLES))
        steps = jnp.maximum(jnp.pi / 2 / ANGLES * roots, LEAST)
        return State(length=jnp.concatenate([jnp.zeros(1), jnp.cumsum(steps)]))

    def level(self, state: State, t: jax.Array) -> Level:
        opening = state.length[-1]
        across = 1 - t + t * jnp.cos(opening)
        along = t * jnp.sin(opening)
        reached = jnp.arctan2(along, across)
        b = 2 - 2 * jnp.cos(opening)
        radius = jnp.sqrt(1 - b * t + b * t**2)  # equation 28
        d_radius = b * (t - 0.5) / radius
        cell = jnp.clip(jnp.searchsorted(state.length, reached, side="right") - 1, 0, ANGLES - 1)
        size = jnp.pi / 2 / ANGLES
        slope = size / (state.length[cell + 1] - state.length[cell])  # 1 / sqrt(w)
        angle = cell.astype(t.dtype) * size + slope * (reached - state.length[cell])
        d_angle = slope * jnp.sin(opening) / radius**2  # equation 29
        return Level(
            alpha=radius * jnp.sin(angle),
            sigma=radius * jnp.cos(angle),
            d_alpha=d_radius * jnp.sin(angle) + radius * d_angle * jnp.cos(angle),
            d_sigma=d_radius * jnp.cos(angle) - radius * d_angle * jnp.sin(angle),
        )

    def advance(
        self, state: State, x: jax.Array, parts: Parts, here: Level, there: Level, step: jax.Array
    ) -> jax.Array:
        return advance(self.solver, x, parts, here, there, step)
