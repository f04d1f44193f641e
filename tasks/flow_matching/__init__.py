"""Learn to draw points of an unknown density in the plane, from points of it alone.

A learner carries noise to data: `generate` gives the whole way, `corrupt` the way back that it was trained on. Two
further questions have their own tasks: `project` a damaged point to the data, and the negative log-density of a point.
Shapes: n points, s steps of a way, b points of a batch.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Task
from toybench.blocks import distances, mixture
from toybench.blocks.mixture import Mixture

REACH = 2.0  # all data lie in [-2, 2]^2: learners may know
POINTS = 1008  # of the test set: a multiple of 16 and of 36, so that every component has its share
SCALE = 1e3  # distances are reported in thousandths
GRID_SIDE = 4
GRID_PITCH = 0.85  # gives every coordinate a variance of 0.91
GRID_STD = 0.1
RING_MODES = 8
RING_RADIUS = 1.4
RING_STD = 0.05


class Generator(Protocol):
    """What a learner of `planar_density` answers."""

    def generate(self, state: Any, start: jax.Array, key: jax.Array, calls: int) -> jax.Array:
        """Ways [s + 1, n, 2] from standard normal noise [n, 2] to new points, by at most `calls` network calls each.

        States are evenly spaced in the learner's time. A generator without steps gives noise and points, [2, n, 2].
        """

    def corrupt(self, state: Any, points: jax.Array, noise: jax.Array, calls: int) -> jax.Array:
        """Ways [s + 1, n, 2] from noise to these data [n, 2], as the learner's own noising takes them."""


class Projector(Protocol):
    """What a learner of `planar_projection` answers."""

    def project(self, state: Any, x: jax.Array, key: jax.Array) -> jax.Array:
        """Points of the data [n, 2] for damaged points [n, 2]."""


class Likelihood(Protocol):
    """What a learner of `planar_likelihood` answers."""

    def nats(self, state: Any, x: jax.Array, key: jax.Array) -> jax.Array:
        """Negative log-density of points [n, 2], or an upper bound of it, in nats: [n]."""

    def is_bound(self, state: Any) -> jax.Array:
        """1 where `nats` is a bound, 0 where it is the density: []."""


@dataclass(frozen=True)
class Spec:
    """What a method may know: data lie in [-reach, reach]^2."""

    reach: float


class World(NamedTuple):
    """A density and its test sets, [n, 2] each.

    Attributes:
      density: the law.
      points: points in the proportions of its weights: what samples are compared with.
      spread: mean distance of two independent points, estimated from these, [].
      fresh: independent points.
      start: standard normal noise that learners start from.
      noise: more of it.
    """

    density: Mixture
    points: jax.Array
    spread: jax.Array
    fresh: jax.Array
    start: jax.Array
    noise: jax.Array


def density(world: str) -> Mixture:
    """`grid`: 16 equal Gaussians on a lattice; `ring8`: 8 sharper ones on a circle, with weights 1 to 8."""
    if world == "grid":
        ticks = GRID_PITCH * (np.arange(GRID_SIDE) - (GRID_SIDE - 1) / 2)
        means = np.stack(np.meshgrid(ticks, ticks, indexing="ij"), -1).reshape(-1, 2)
        weights = np.full(GRID_SIDE**2, 1 / GRID_SIDE**2)
        std = GRID_STD
    elif world == "ring8":
        angles = 2 * np.pi * np.arange(RING_MODES) / RING_MODES
        means = RING_RADIUS * np.stack([np.cos(angles), np.sin(angles)], -1)
        weights = (np.arange(RING_MODES) + 1) / (RING_MODES * (RING_MODES + 1) / 2)
        std = RING_STD
    else:
        raise ValueError(f"world is {world!r}; take grid or ring8.")
    return Mixture(
        weights=jnp.asarray(weights, jnp.float32), means=jnp.asarray(means, jnp.float32), std=jnp.float32(std)
    )


class Planar(Task):
    """A mixture of Gaussians in the plane, seen in batches of fresh points."""

    world: str = "grid"  # grid: 16 equal modes on a lattice; ring8: 8 modes of weights 1 to 8
    batch: int = 64  # points a step

    checkpoints = 1  # distances between samples cost more than a hundred updates

    @property
    def spec(self) -> Spec:
        return Spec(reach=REACH)

    def sample(self, key: jax.Array) -> World:
        for_points, for_fresh, for_noise = jax.random.split(key, 3)
        law = density(self.world)
        points, component = mixture.sample_evenly(law, for_points, POINTS)
        fresh, _ = mixture.sample(law, for_fresh, POINTS)
        noise = jax.random.normal(for_noise, (2, POINTS, 2))
        return World(
            density=law,
            points=points,
            spread=spread(points, component, law.weights),
            fresh=fresh,
            start=noise[0],
            noise=noise[1],
        )

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, jax.Array]:
        """Fresh points [b, 2]."""
        points, _ = mixture.sample(world.density, key, self.batch)
        return world, points


def spread(points: jax.Array, component: jax.Array, weights: jax.Array) -> jax.Array:
    """Mean distance of two independent points, from points [n, 2] whose components [n] have fixed counts.

    Two of them are of one component too seldom: pairs are weighted back.
    """
    member = (component[:, None] == jnp.arange(weights.shape[0])[None, :]).astype(points.dtype)
    count = member.sum(0)
    pairs = count[:, None] * count[None, :] - jnp.diag(count)
    apart = distances.distances(points, points) * (1 - jnp.eye(points.shape[0], dtype=points.dtype))
    means = (member.T @ apart @ member) / pairs
    return weights @ means @ weights


def energy(world: World, x: jax.Array) -> jax.Array:
    """Squared energy distance of points [n, 2] to the density, without bias, in thousandths."""
    across = distances.mean_distance(x, world.points)
    return SCALE * (2 * across - distances.self_distance(x) - world.spread)
