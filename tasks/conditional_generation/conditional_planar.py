"""Labelled shapes of the plane from noise; or two moons from eight Gaussians, by label or by horizontal place."""

import math
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.distances import directions, sliced_wasserstein, squared_distances
from toybench.blocks.random import normals, uniforms
from toybench.tasks.conditional_generation import Batch, Sampler, Spec

SHAPES = 8
NOISE = {"shapes": 0.05, "moons": 0.2, "moons_by_value": 0.2}  # standard deviation around the curves
WIDTH = {"shapes": 24, "moons": 48, "moons_by_value": 48}
GROUPS = {"shapes": 8, "moons": 2, "moons_by_value": 16}  # conditions that are judged apart
SIZE = {"shapes": 128, "moons": 64, "moons_by_value": 64}  # pairs a batch
RADIUS = 5.0  # of the ring of eight Gaussians
RING_STD = 0.1**0.25  # the authors of C2OT give sqrt(0.1) as the covariance
POINTS = 2048  # judged in all
SUPPORT = 256  # points along a curve that stand for it
SLICES = 32
NEAR = 3.0  # noise standard deviations: so near to its curve a sample is precise
COVERED = 0.1  # a true point with a sample within this distance is covered


class World(NamedTuple):
    """What is judged, for g conditions: source, conditions, true and exact points [g, n, ...]; curves [g, m, 2]."""

    start: jax.Array
    condition: jax.Array
    truth: jax.Array
    exact: jax.Array
    support: jax.Array


class ConditionalPlanar(Task):
    """Points for a label or a value."""

    world: str = "shapes"  # shapes (8 labels), moons (2 labels) or moons_by_value (conditioned on x)

    interface = Sampler
    steps = 2000
    checkpoints = 1
    metrics = {
        "distance": Metric(direction="min", about="squared sliced W2, mean over conditions, 50 network calls"),
        "distance_1": Metric(direction="min", about="the same by 1 call"),
        "distance_8": Metric(direction="min", about="the same by 8 calls"),
        "pooled_1": Metric(direction="min", about="squared sliced W2 of all conditions together, 1 call"),
        "pooled_50": Metric(direction="min", about="the same by 50 calls"),
        "precision": Metric(direction="max", about="share of samples within 3 noise std of their curve, 50 calls"),
        "coverage": Metric(direction="max", about="share of true points with a sample within 0.1, 50 calls"),
    }

    @property
    def spec(self) -> Spec:
        labels = {"shapes": SHAPES, "moons": 2, "moons_by_value": 0}[self.world]
        return Spec(labels=labels, width=WIDTH[self.world])

    def sample(self, key: jax.Array) -> World:
        for_noise, for_places = jax.random.split(key)
        noise = normals(for_noise, start=(POINTS, 2), truth=(POINTS, 2), exact=(POINTS, 2))
        groups = GROUPS[self.world]
        each = POINTS // groups
        strata = jnp.tile((jnp.arange(each) + 0.5) / each, groups)
        label = jnp.repeat(jnp.arange(groups), each)
        if self.world == "moons_by_value":
            strata = (jnp.arange(POINTS) + 0.5) / POINTS
            label = jnp.arange(POINTS) % 2
        places = uniforms(for_places, ring=(POINTS,))
        truth = self.place(strata, label) + NOISE[self.world] * noise["truth"]
        exact = self.place(strata, label) + NOISE[self.world] * noise["exact"]
        condition = label
        curves = self.place(jnp.tile((jnp.arange(SUPPORT) + 0.5) / SUPPORT, groups), jnp.repeat(label[::each], SUPPORT))
        if self.world == "moons_by_value":
            truth = truth[jnp.argsort(truth[:, 0])]
            exact = exact[jnp.argsort(exact[:, 0])]
            condition = truth[:, 0]
            alternate = jnp.arange(groups * SUPPORT) % 2
            curves = self.place(jnp.tile((jnp.arange(SUPPORT) + 0.5) / SUPPORT, groups), alternate)
        return World(
            start=self.source(noise["start"], places["ring"]).reshape(groups, each, 2),
            condition=condition.reshape(groups, each),
            truth=truth.reshape(groups, each, 2),
            exact=exact.reshape(groups, each, 2),
            support=curves.reshape(groups, SUPPORT, 2),
        )

    def place(self, along: jax.Array, label: jax.Array) -> jax.Array:
        """Points [n, 2] of the labels' curves at `along` in [0, 1)."""
        return shape(along, label) if self.world == "shapes" else 3 * moon(along, label) - 1

    def source(self, noise: jax.Array, ring: jax.Array) -> jax.Array:
        """Source points [n, 2]: normal, or around one of eight centres on a circle, chosen by `ring` in [0, 1)."""
        if self.world == "shapes":
            return noise
        angle = 2 * jnp.pi * jnp.floor(8 * ring) / 8
        return RADIUS * jnp.stack([jnp.cos(angle), jnp.sin(angle)], -1) + RING_STD * noise

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        """Independent source and target points; times are stratified."""
        for_noise, for_places = jax.random.split(key)
        b = SIZE[self.world]
        noise = normals(for_noise, start=(b, 2), target=(b, 2))
        places = uniforms(for_places, along=(b,), label=(b,), ring=(b,), time=(b,))
        labels = SHAPES if self.world == "shapes" else 2
        label = jnp.floor(labels * places["label"]).astype(jnp.int32)
        target = self.place(places["along"], label) + NOISE[self.world] * noise["target"]
        return world, Batch(
            start=self.source(noise["start"], places["ring"]),
            target=target,
            condition=target[:, 0] if self.world == "moons_by_value" else label,
            time=(jnp.arange(b) + places["time"]) / b,
        )

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        found = {calls: self.points(world, learner, calls) for calls in (1, 8, 50)}
        apart = {calls: jax.vmap(sliced)(points, world.truth).mean() for calls, points in found.items()}
        flat = world.truth.reshape(-1, 2)
        near = nearest(found[50], world.support) < NEAR * NOISE[self.world]
        covered = nearest(world.truth, found[50]) < COVERED
        return {
            "distance": apart[50],
            "distance_1": apart[1],
            "distance_8": apart[8],
            "pooled_1": sliced(found[1].reshape(-1, 2), flat),
            "pooled_50": sliced(found[50].reshape(-1, 2), flat),
            "precision": near.mean(dtype=jnp.float32),
            "coverage": covered.mean(dtype=jnp.float32),
        }

    def points(self, world: World, learner: Any, calls: int) -> jax.Array:
        """The learner's samples [g, n, 2]."""
        flat = learner.sample(world.start.reshape(-1, 2), world.condition.reshape(-1), calls)
        return flat.reshape(world.start.shape)

    def floor(self, world: World) -> Any:
        """The source itself."""
        return SimpleNamespace(sample=lambda start, condition, calls: start)

    def oracle(self, world: World) -> Any:
        """Other exact samples."""
        return SimpleNamespace(sample=lambda start, condition, calls: world.exact.reshape(-1, 2))


def sliced(x: jax.Array, y: jax.Array) -> jax.Array:
    """Squared sliced 2-Wasserstein distance of points [n, 2], over evenly spaced directions."""
    return sliced_wasserstein(x, y, directions(SLICES))


def nearest(x: jax.Array, y: jax.Array) -> jax.Array:
    """Distance [g, n] of points [g, n, 2] to the nearest of [g, m, 2], group by group."""
    return jnp.sqrt(jax.vmap(squared_distances)(x, y).min(-1))


def shape(along: jax.Array, label: jax.Array) -> jax.Array:
    """Points of eight shapes: two rings, two bars, two moons, two lattices and a spiral, all within [-2, 2]^2."""
    turn = 2 * jnp.pi * along
    circle = jnp.stack([jnp.cos(turn), jnp.sin(turn)], -1)
    bar = 1.5 * (2 * along - 1)[:, None]
    halves = moon(2 * along % 1, (2 * along).astype(jnp.int32)) - jnp.array([0.5, 0.25])
    every = [
        0.6 * circle,
        1.2 * circle,
        bar * jnp.array([1.0, 0.0]),
        bar * jnp.array([math.cos(math.pi / 3), math.sin(math.pi / 3)]),
        halves,
        1.8 * lattice(along, 2),
        1.2 * lattice(along, 3),
        (0.2 + 1.2 * along)[:, None] * jnp.stack([jnp.cos(1.5 * turn), jnp.sin(1.5 * turn)], -1),
    ]
    return jnp.take_along_axis(jnp.stack(every, 1), label[:, None, None], axis=1)[:, 0]


def lattice(along: jax.Array, side: int) -> jax.Array:
    """Points of a square lattice of distance 1, centred at 0."""
    cell = jnp.floor(side**2 * along)
    row = jnp.floor(cell / side)
    return jnp.stack([cell - side * row, row], -1) - (side - 1) / 2


def moon(along: jax.Array, label: jax.Array) -> jax.Array:
    """Points of two half circles of radius 1 that reach into each other."""
    x, y = jnp.cos(jnp.pi * along), jnp.sin(jnp.pi * along)
    upper = jnp.stack([x, y], -1)
    lower = jnp.stack([1 - x, 0.5 - y], -1)
    return jnp.where(label[:, None] == 0, upper, lower)
