"""From one side of a hemisphere to the other, along the points of a cloud.

Isolates whether a learned geometry keeps ways on the data. The cloud covers the upper half of a unit sphere, which lies
in a random subspace of three dimensions. Populations at the start and at the end fill caps with a radius of 20 degrees,
120 degrees apart, so that straight lines cut through the ball, 0.5 below the sphere at their middle, and are a sixth
shorter than the great circles that the oracle takes. Pairs are drawn independently of each other from both caps; those
that are judged are new.

A learner parts its way as it likes: ways are judged at places of equal lengths, but for their length.

With `left` a share is left of a band of 20 degrees between both caps, which holds the middles of the ways. With `noise`
the cloud and both populations lie off the sphere by normal noise of this standard deviation in every coordinate.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.distances import energy_distance
from toybench.blocks.random import normals, uniforms
from toybench.tasks.transport_maps import (
    NEIGHBOURS,
    Cloud,
    Interpolator,
    PathBatch,
    PathSpec,
    along,
    closed,
    lengths,
    neighbour_edges,
)

SPACE = 3  # dimensions of the sphere's space
TILT = jnp.pi / 3  # of a cap's centre from the pole
RADIUS = jnp.pi / 9  # of a cap, on the sphere
BAND = jnp.pi / 18  # half the width of the band around the plane between the caps
DRAWN = 1.5  # points drawn for one of the cloud, of which 0.84 are left
ENDS = 64  # points of each population that are given
JUDGED = 64  # pairs that ways are judged by
MIDDLES = 256  # true middles of other pairs
PLACES = 33  # on a way at equal lengths, both ends included
ASKED = 65  # shares of the way that a learner is asked for
THOUSAND = 1e3  # distances between populations are reported in thousandths


class World(NamedTuple):
    """What is given, and what ways are judged by.

    Attributes:
      cloud: what is given.
      basis: the sphere's space, orthonormal [d, 3]; the caps lie along its first axis, the pole along its last.
      start, end: new pairs [p, d] each, on the sphere.
      middles: middles of the great circles of other pairs [n, d].
    """

    cloud: Cloud
    basis: jax.Array
    start: jax.Array
    end: jax.Array
    middles: jax.Array


class PopulationPath(Task):
    """Ways between pairs of new points of two populations."""

    left: float = 1.0  # share of the band's points that is left, 0 to 1
    noise: float = 0.0  # standard deviation off the sphere, in every coordinate
    points: int = 400  # of the cloud
    dims: int = 3  # of the space around it
    batch: int = 64  # rows of the cloud a step
    pairs: int = 8  # of both populations a step

    interface = Interpolator
    steps = 800
    checkpoints = 1
    metrics = {
        "length_error": Metric("min", "mean error of a way's length, as a share of the great circle's"),
        "off_manifold": Metric("min", "mean distance of a way's points to the sphere, in radii"),
        "geodesic_distance": Metric("min", "mean squared distance to the great circle over its length, in thousandths"),
        "middle_distance": Metric("min", "squared energy distance of middles to the true ones, in thousandths"),
    }

    @property
    def spec(self) -> PathSpec:
        return PathSpec(dims=self.dims)

    def sample(self, key: jax.Array) -> World:
        """A cloud with its graph distances, both populations, pairs and true middles."""
        for_noise, for_places = jax.random.split(key)
        drawn = int(DRAWN * self.points)
        cap = (2, ENDS + JUDGED + MIDDLES)
        noise = normals(
            for_noise,
            basis=(self.dims, SPACE),
            cloud=(drawn, SPACE),
            off_cloud=(self.points, self.dims),
            off_ends=(2, ENDS, self.dims),
        )
        shares = uniforms(for_places, left=(drawn,), height=cap, turn=cap)
        basis, _ = jnp.linalg.qr(noise["basis"])
        flat = thinned(noise["cloud"], shares["left"] > self.left)[: self.points]
        caps = jnp.stack(
            [cap_points(shares["height"][i], shares["turn"][i], side) for i, side in ((0, -1.0), (1, 1.0))]
        )
        around = caps @ basis.T
        points = flat @ basis.T + self.noise * noise["off_cloud"]
        ends = around[:, :ENDS] + self.noise * noise["off_ends"]
        cloud = Cloud(points=points, graph=closed(neighbour_edges(points, NEIGHBOURS)), start=ends[0], end=ends[1])
        judged = around[:, ENDS : ENDS + JUDGED]
        others = around[:, ENDS + JUDGED :].sum(0)
        return World(
            cloud=cloud,
            basis=basis,
            start=judged[0],
            end=judged[1],
            middles=others / lengths(others)[:, None],
        )

    def given(self, world: World) -> Cloud:
        return world.cloud

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, PathBatch]:
        """Rows of the cloud and pairs of both populations, with replacement, and noise."""
        for_rows, for_noise = jax.random.split(key)
        share = uniforms(for_rows, rows=(self.batch,), start=(self.pairs,), end=(self.pairs,))
        start = (share["start"] * ENDS).astype(jnp.int32)
        end = (share["end"] * ENDS).astype(jnp.int32)
        return world, PathBatch(
            rows=(share["rows"] * self.points).astype(jnp.int32),
            noise=jax.random.normal(for_noise, (self.batch, self.dims)),
            start=world.cloud.start[start],
            end=world.cloud.end[end],
        )

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        asked = learner.interpolate(world.start, world.end, jnp.linspace(0.0, 1.0, ASKED))
        true = jnp.arccos((world.start * world.end).sum(-1))
        found = jnp.sqrt((jnp.diff(asked, axis=0) ** 2).sum(-1)).sum(0)
        places = jnp.linspace(0.0, 1.0, PLACES)
        ways = jax.vmap(lambda chain: along(chain, places), in_axes=1, out_axes=1)(asked)
        circle = great_circles(world.start, world.end, places)
        away = ((ways[:, None] - circle[None, :]) ** 2).sum(-1).min(1).mean(0)
        inner = ways @ world.basis
        outside = lengths(ways - inner @ world.basis.T)
        off = jnp.sqrt(outside**2 + (lengths(inner) - 1) ** 2)
        return {
            "length_error": (jnp.abs(found - true) / true).mean(),
            "off_manifold": off[1:-1].mean(),
            "geodesic_distance": THOUSAND * (away / true).mean(),
            "middle_distance": THOUSAND * energy_distance(ways[PLACES // 2], world.middles),
        }

    def floor(self, world: World) -> Any:
        """The middle of the cloud, all the way."""
        middle = world.cloud.points.mean(0)

        def interpolate(start: jax.Array, end: jax.Array, s: jax.Array) -> jax.Array:
            return jnp.broadcast_to(middle[None, None, :], (len(s), *start.shape))

        return SimpleNamespace(interpolate=interpolate)

    def oracle(self, world: World) -> Any:
        """The great circle."""
        return SimpleNamespace(interpolate=great_circles)


def great_circles(start: jax.Array, end: jax.Array, s: jax.Array) -> jax.Array:
    """Points [t, p, d] at shares s [t] of the great circles between unit vectors [p, d]."""
    angle = jnp.arccos((start * end).sum(-1))[None, :, None]
    share = s[:, None, None]
    ahead = jnp.sin((1 - share) * angle) * start[None, :, :] + jnp.sin(share * angle) * end[None, :, :]
    return ahead / jnp.sin(angle)


def thinned(noise: jax.Array, dropped: jax.Array) -> jax.Array:
    """Points [n, 3] uniform on the upper half of the sphere, from normal numbers, those to be left out at the end."""
    unit = noise / jnp.linalg.norm(noise, axis=-1, keepdims=True)
    upper = unit.at[:, -1].set(jnp.abs(unit[:, -1]))
    out = (jnp.abs(upper[:, 0]) < jnp.sin(BAND)) & dropped
    return upper[jnp.argsort(out, stable=True)]


def cap_points(height: jax.Array, turn: jax.Array, side: float) -> jax.Array:
    """Points [n, 3] uniform in the cap to one side of the pole, from uniform numbers [n]."""
    up = 1 - height * (1 - jnp.cos(RADIUS))
    across = jnp.sqrt(1 - up**2)
    along = across * jnp.cos(2 * jnp.pi * turn)
    aside = across * jnp.sin(2 * jnp.pi * turn)
    tilt = side * TILT
    turned = jnp.cos(tilt) * along + jnp.sin(tilt) * up
    return jnp.stack([turned, aside, jnp.cos(tilt) * up - jnp.sin(tilt) * along], axis=-1)
