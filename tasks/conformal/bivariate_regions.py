"""Regions for a response of two values that lies near a bent curve.

Isolates what a region may look like: at an input x in (0.8, 3.2) the response is spread along a cosine arch with tubes
of radius 0.1, so that boxes and convex regions contain much empty space. 2,000 training, 500 calibration and 500 test
pairs; volume is an area, by a 40 x 40 grid at 50 test inputs.
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench.tasks.conformal._regions import VOLUME, Pairs, RegionTask, World, nearest, upper_quantile

LOW = (-4.8, -0.8)  # corners of a box that holds every response
HIGH = (4.8, 2.8)
SIDE = 40  # cells along a side of the box
SAMPLES = 200  # draws of the true law, of which the reference takes balls
FIRST_X = 0.8  # inputs lie in (0.8, 3.2), as in the paper
WIDTH_X = 2.4
TUBE = 0.1  # largest distance from the arch, as in the paper


class BivariateRegions(RegionTask):
    """The family of curves of the paper's synthetic data."""

    metrics = VOLUME

    def pairs(self, key: jax.Array, n: int) -> Pairs:
        u = jax.random.uniform(key, (n, 4))
        x = FIRST_X + WIDTH_X * u[:, 0]
        return Pairs(x=x[:, None], y=arch(x, u[:, 1:]))

    def candidates(self) -> tuple[jax.Array, float]:
        """The middles of a 40 x 40 grid of cells."""
        sides = [
            low + (high - low) * (jnp.arange(float(SIDE)) + 0.5) / SIDE for low, high in zip(LOW, HIGH, strict=True)
        ]
        cell = (HIGH[0] - LOW[0]) * (HIGH[1] - LOW[1]) / SIDE**2
        return jnp.stack(jnp.meshgrid(*sides, indexing="ij"), -1).reshape(-1, 2), cell

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        return {"volume": self.volume(world, learner), "coverage": self.covered(world, learner).mean()}

    def oracle(self, world: World) -> Any:
        """Balls round 200 draws of the true law, of calibrated radius: no model error, though not the best region."""
        u = jax.random.uniform(jax.random.key(0), (SAMPLES, 3))

        def away(x: jax.Array, y: jax.Array) -> jax.Array:
            raw = jax.vmap(arch, (0, None))(x * world.scale.x[None] + world.mean.x[None], u)
            return nearest(y, (raw - world.mean.y[None, None]) / world.scale.y[None, None])

        radius = upper_quantile(away(world.kept.x, world.kept.y[:, None])[:, 0], self.alpha)
        return SimpleNamespace(region=lambda x, y: away(x, y) <= radius)


def arch(x: jax.Array, u: jax.Array) -> jax.Array:
    """Responses [b, 2] at raw inputs x [b], from uniforms u [b, 3]."""
    z = (2 * u[:, 0] - 1) * jnp.pi / x
    angle = 2 * jnp.pi * u[:, 1]
    radius = TUBE * (2 * u[:, 2] - 1)
    second = (1 - jnp.cos(x * z)) / 2 + radius * jnp.sin(angle) + jnp.sin(x)
    return jnp.stack([z + radius * jnp.cos(angle), second], axis=1)
