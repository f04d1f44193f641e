"""Draw new points of the density: how near they come with 4, 8 and 100 network calls, and what that costs."""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric
from toybench.blocks import distances, mixture
from toybench.tasks.flow_matching import SCALE, Generator, Planar, World, energy

FULL = 100  # network calls that a sampler is given in the end
FEW = (4, 8)
LOOKS = 10  # places along a way where its law is compared
DIRECTIONS = 64  # of the sliced distance
NEAR = 4.0  # standard deviations round a centre that belong to it; 3e-4 of the data lie beyond
LEAST = 0.25  # share of its weight that makes a mode count as found


class PlanarDensity(Planar):
    """Generation, at three budgets of network calls."""

    steps: int = 2000  # type: ignore[misc]  # updates

    interface = Generator
    metrics = {
        "distance_8": Metric(direction="min", about="squared energy distance to the data with 8 network calls, x 1000"),
        "distance_4": Metric(direction="min", about="squared energy distance to the data with 4 network calls, x 1000"),
        "distance": Metric(direction="min", about="squared energy distance with at most 100 network calls, x 1000"),
        "sliced": Metric(direction="min", about="sliced squared Wasserstein-2 distance, at most 100 calls, x 1000"),
        "modes": Metric(direction="max", about="modes that hold a quarter of their weight or more"),
        "outside": Metric(direction="min", about="share of points 4 standard deviations or more from every centre"),
        "curvature": Metric(direction="min", about="mean squared difference of velocity and whole way; 0 if straight"),
        "drift": Metric(direction="min", about="squared energy distance to the noised data along the way, x 1000"),
        "calls": Metric(direction="info", about="network calls of a point, where at most 100 are allowed"),
    }

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        few = [learner.generate(world.start, key, calls)[-1] for calls in FEW]
        path = learner.generate(world.start, key, FULL)
        drawn = path[-1]
        distance = [energy(world, x) for x in (*few, drawn)]
        along = distances.directions(DIRECTIONS)
        return {
            "distance_8": distance[1],
            "distance_4": distance[0],
            "distance": distance[2],
            "sliced": SCALE * distances.sliced_wasserstein(drawn, world.points, along),
            **found(world, drawn),
            "curvature": curvature(path),
            "drift": SCALE * drift(path, learner.corrupt(world.fresh, world.noise, FULL)),
            "calls": jnp.asarray(1.0 if len(path) == 2 else float(FULL)),
        }

    def floor(self, world: World) -> Any:
        """The noise itself."""
        return SimpleNamespace(generate=lambda start, key, calls: jnp.stack([start, start]), corrupt=one_step)

    def oracle(self, world: World) -> Any:
        """Fresh points of the density."""

        def generate(start: jax.Array, key: jax.Array, calls: int) -> jax.Array:
            points, _ = mixture.sample(world.density, key, start.shape[0])
            return jnp.stack([start, points])

        return SimpleNamespace(generate=generate, corrupt=one_step)


def one_step(points: jax.Array, noise: jax.Array, calls: int) -> jax.Array:
    """The way back of a generator without steps: from noise to the data at once."""
    return jnp.stack([noise, points])


def found(world: World, x: jax.Array) -> dict[str, jax.Array]:
    """Modes that have enough points near them, and the share of points near none."""
    law = world.density
    squares = distances.squared_distances(x, law.means)
    near = (squares < (NEAR * law.std) ** 2).astype(x.dtype)
    shares = near.mean(0)
    modes = (shares >= LEAST * law.weights).sum().astype(x.dtype)
    return {"modes": modes, "outside": (near.max(1) == 0).mean(dtype=x.dtype)}


def curvature(path: jax.Array) -> jax.Array:
    """Mean over points and steps of |velocity - displacement|^2, for states [s + 1, n, 2] evenly spaced in time."""
    steps = path.shape[0] - 1
    velocity = (path[1:] - path[:-1]) * steps
    whole = path[-1] - path[0]
    return ((velocity - whole[None]) ** 2).sum(-1).mean()


def drift(path: jax.Array, noised: jax.Array) -> jax.Array:
    """Mean energy distance of half the points to half of the noised data, at up to ten places after the first."""
    places = np.unique(np.linspace(1, path.shape[0] - 1, LOOKS).round().astype(int))
    return jnp.mean(jax.lax.map(lambda two: distances.energy_distance(*two), (path[places, ::2], noised[places, ::2])))
