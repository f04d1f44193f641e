"""Labelled shapes, or arms of a pinwheel, from noise; or two moons from eight Gaussians, by label or by place."""

import math
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.distances import directions, sliced_wasserstein, squared_distances
from toybench.blocks.random import normals, uniforms
from toybench.tasks.conditional_generation import Batch, Sampler, Spec

LABELS = {"shapes": 8, "pinwheel": 8, "moons": 2, "moons_by_value": 0}
NOISE = {"shapes": 0.05, "pinwheel": 0.05, "moons": 0.2, "moons_by_value": 0.2}  # standard deviation around the curves
WIDTH = {"shapes": 24, "pinwheel": 24, "moons": 48, "moons_by_value": 48}
GROUPS = {"shapes": 8, "pinwheel": 8, "moons": 2, "moons_by_value": 16}  # conditions that are judged apart
SIZE = {"shapes": 128, "pinwheel": 128, "moons": 64, "moons_by_value": 64}  # pairs a batch
RADIUS = 5.0  # of the ring of eight Gaussians
RING_STD = 0.1**0.25  # the authors of C2OT give sqrt(0.1) as the covariance
POINTS = 2048  # judged in all
SUPPORT = 256  # points along a curve that stand for it
SLICES = 32
PLASTIC = 1.32471795724  # root of x^3 = x + 1: the R2 sequence (Roberts 2018)
EDGE = 1e-5  # no uniform number lies nearer to 0 or 1
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

    world: str = "shapes"  # shapes or pinwheel (8 labels), moons (2 labels) or moons_by_value (conditioned on x)

    interface = Sampler
    steps = 3000
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
        return Spec(labels=LABELS[self.world], width=WIDTH[self.world])

    def sample(self, key: jax.Array) -> World:
        """True points at even places of their curves, and evenly spread source points: little noise of their own."""
        for_noise, for_shifts = jax.random.split(key)
        groups = GROUPS[self.world]
        each = POINTS // groups
        noise = normals(for_noise, truth=(POINTS, 2), exact=(POINTS, 2))
        shifts = uniforms(for_shifts, shift=(groups, 2))["shift"]
        label = jnp.repeat(jnp.arange(groups), each)
        along = jnp.tile(even(each), groups)
        if self.world == "moons_by_value":
            label = jnp.arange(POINTS) % 2
            along = even(POINTS)
        centre = self.place(along, label)
        truth = centre + NOISE[self.world] * noise["truth"]
        exact = centre + NOISE[self.world] * noise["exact"]
        condition = label
        if self.world == "moons_by_value":
            truth = truth[jnp.argsort(truth[:, 0])]
            exact = exact[jnp.argsort(exact[:, 0])]
            condition = truth[:, 0]
        normal = jax.vmap(lambda shift: spread(shift, each))(shifts).reshape(-1, 2)
        start = self.source(normal, even(8)[jnp.arange(POINTS) % 8])
        return World(
            start=start.reshape(groups, each, 2),
            condition=condition.reshape(groups, each),
            truth=truth.reshape(groups, each, 2),
            exact=exact.reshape(groups, each, 2),
            support=self.curves(groups),
        )

    def curves(self, groups: int) -> jax.Array:
        """Points [g, m, 2] of each label's curve; of both moons for a value."""
        if self.world == "moons_by_value":
            both = self.place(even(SUPPORT), jnp.arange(SUPPORT) % 2)
            return jnp.broadcast_to(both, (groups, SUPPORT, 2))
        return jax.vmap(lambda c: self.place(even(SUPPORT), jnp.full(SUPPORT, c)))(jnp.arange(groups))

    def place(self, along: jax.Array, label: jax.Array) -> jax.Array:
        """Points [n, 2] of the labels' curves at `along` in [0, 1)."""
        if self.world == "shapes":
            return shape(along, label)
        return arm(along, label) if self.world == "pinwheel" else 3 * moon(along, label) - 1

    def source(self, noise: jax.Array, ring: jax.Array) -> jax.Array:
        """Source points [n, 2]: normal, or around one of eight centres on a circle, chosen by `ring` in [0, 1)."""
        if self.world in ("shapes", "pinwheel"):
            return noise
        angle = 2 * jnp.pi * jnp.floor(8 * ring) / 8
        return RADIUS * jnp.stack([jnp.cos(angle), jnp.sin(angle)], -1) + RING_STD * noise

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        """Independent source and target points; times are stratified."""
        for_noise, for_places = jax.random.split(key)
        b = SIZE[self.world]
        noise = normals(for_noise, start=(b, 2), target=(b, 2))
        places = uniforms(for_places, along=(b,), label=(b,), ring=(b,), time=(b,))
        label = jnp.floor((LABELS[self.world] or 2) * places["label"]).astype(jnp.int32)
        target = self.place(places["along"], label) + NOISE[self.world] * noise["target"]
        return world, Batch(
            start=self.source(noise["start"], places["ring"]),
            target=target,
            condition=target[:, 0] if self.world == "moons_by_value" else label,
            time=even(b) + (places["time"] - 0.5) / b,
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


def even(count: int) -> jax.Array:
    """Midpoints of `count` equal parts of [0, 1)."""
    return (jnp.arange(count, dtype=jnp.float32) + 0.5) / count


def spread(shift: jax.Array, count: int) -> jax.Array:
    """Normal points [count, 2] that fill the plane evenly: a low-discrepancy sequence, moved by `shift` [2]."""
    step = jnp.array([[1 / PLASTIC, 1 / PLASTIC**2]])
    uniform = (shift[None] + jnp.arange(count, dtype=jnp.float32)[:, None] * step) % 1
    return jax.scipy.special.ndtri(jnp.clip(uniform, EDGE, 1 - EDGE))


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
    halves = moon(2 * along % 1, (2 * along).astype(jnp.int32)) - jnp.array([[0.5, 0.25]])
    every = [
        0.6 * circle,
        1.2 * circle,
        bar * jnp.array([[1.0, 0.0]]),
        bar * jnp.array([[math.cos(math.pi / 3), math.sin(math.pi / 3)]]),
        halves,
        1.8 * lattice(along, 2),
        1.2 * lattice(along, 3),
        (0.2 + 1.2 * along)[:, None] * jnp.stack([jnp.cos(1.5 * turn), jnp.sin(1.5 * turn)], -1),
    ]
    return jnp.take_along_axis(jnp.stack(every, 1), label[:, None, None], axis=1)[:, 0]


def arm(along: jax.Array, label: jax.Array) -> jax.Array:
    """Points of eight bent arms around 0 that don't touch: every label has a region of its own."""
    radius = 0.5 + 1.2 * along
    angle = 2 * jnp.pi * label.astype(along.dtype) / 8 + radius
    return radius[:, None] * jnp.stack([jnp.cos(angle), jnp.sin(angle)], -1)


def lattice(along: jax.Array, side: int) -> jax.Array:
    """Points of a square lattice of distance 1, centred at 0."""
    cell = jnp.floor(side**2 * along)
    row = jnp.floor(cell / side)
    return jnp.stack([cell - side * row, row], -1) - (side - 1) / 2


def moon(along: jax.Array, label: jax.Array) -> jax.Array:
    """Points of two half circles of radius 1 that reach into each other."""
    x = jnp.cos(jnp.pi * along)
    y = jnp.sin(jnp.pi * along)
    upper = jnp.stack([x, y], -1)
    lower = jnp.stack([1 - x, 0.5 - y], -1)
    return jnp.where(label[:, None] == 0, upper, lower)
