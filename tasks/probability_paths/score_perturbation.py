"""What may be added to a score before samples, likelihoods and the dimension of the data come out otherwise?

Isolates the freedom of the field: the path is variance preserving with linear betas, its probability flow is followed
finely (64 Runge-Kutta steps, small ones near the data), and the learner's vectors are added to the exact score. In the
plane the data are 16 Gaussians; `circle` is a ring of many in space, in a plane turned at random. The dimension is
counted as in a flow's linearisation: singular values of d x(1) / d x(0) that don't vanish, here above 3 standard
deviations of the components.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks.diffusion import level
from toybench.blocks.random import normals
from toybench.tasks.probability_paths import (
    Data,
    Perturbation,
    Reference,
    Spec,
    energy_to,
    even,
    midpoints,
    parts,
    refer,
)

STEPS = 64  # Runge-Kutta steps along the path
SIGMA_LEAST = 1e-3  # of the level at which the score is taken
SPREAD = 0.1  # standard deviation of the planar Gaussians
RING = 128  # Gaussians on the circle: they melt into one another at the spread below
RING_SPREAD = 0.03
PLANAR = 16  # Gaussians in the plane
VANISHING = 3.0  # standard deviations of a component, below which a singular value counts as 0
NATS = 0.5 * float(np.log(2 * np.pi))  # of a standard normal's log-density, a coordinate


class World(NamedTuple):
    """Data, noise to start from [n, d], points to be rated [m, d] and their log-densities [m], and exact samples."""

    data: Data
    start: jax.Array
    rated: jax.Array
    log_density: jax.Array
    exact: jax.Array
    reference: Reference


def times() -> jax.Array:
    """Times [s + 1] from noise to data, whose steps shrink linearly towards the data."""
    left = np.linspace(1, 0, STEPS + 1) ** 2
    return jnp.asarray(1 - left, jnp.float32)


class ScorePerturbation(Task):
    """Follow the probability flow with a score that isn't the exact one."""

    data: str = "mixture"  # mixture: 16 Gaussians in the plane; circle: a ring in space
    particles: int = 1024  # points that are moved, and points that they are compared with
    rated: int = 256  # points whose likelihood is asked
    probes: int = 64  # points at which the flow is linearised

    interface = Perturbation
    steps = 0
    checkpoints = 0
    metrics = {
        "distance": Metric("min", "squared energy distance to the data x 1000"),
        "loglik_error": Metric("min", "mean absolute error of a log-density, in nats"),
        "dimension_error": Metric("min", "mean absolute error of the counted dimension"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(dim=2 if self.data == "mixture" else 3)

    @property
    def dimension(self) -> int:
        """Of what the data lie on: points, or a line."""
        return 0 if self.data == "mixture" else 1

    def make_data(self, drawn: jax.Array) -> Data:
        """Data of mean 0, from standard normal numbers [k, d]: the centres, or two directions that span a plane."""
        if self.data == "circle":
            turned, _ = jnp.linalg.qr(drawn[:3, :2])
            angles = midpoints(2 * jnp.pi, RING)
            flat = jnp.stack([jnp.cos(angles), jnp.sin(angles)], -1)
            return Data(centres=flat @ turned.T, std=jnp.asarray(RING_SPREAD))
        centred = drawn - drawn.mean(0, keepdims=True)
        scale = jnp.sqrt(jnp.mean(centred**2, 0, keepdims=True) / (1 - SPREAD**2))
        return Data(centres=centred / scale, std=jnp.asarray(SPREAD))

    def sample(self, key: jax.Array) -> World:
        each = (self.particles, self.spec.dim)
        tested = (self.rated, self.spec.dim)
        z = normals(key, made=(PLANAR, self.spec.dim), start=each, points=each, others=each, rated=tested)
        data = self.make_data(z["made"])
        rated = even(data, z["rated"])
        others = even(data, z["others"])
        return World(
            data=data,
            start=z["start"],
            rated=rated,
            log_density=log_density(data, rated),
            exact=others,
            reference=refer(even(data, z["points"]), others),
        )

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        def field(x: jax.Array, t: jax.Array) -> jax.Array:
            return probability_flow(world.data, learner, x, t)

        ends = follow(field, world.start)
        rated = log_likelihood(field, world.rated)
        slopes = jax.vmap(jax.jacfwd(lambda x: follow(field, x[None])[0]))(world.start[: self.probes])
        stretched = jnp.linalg.svd(slopes, compute_uv=False) > VANISHING * world.data.std
        counted = stretched.sum(-1).astype(jnp.float32)
        return {
            "distance": energy_to(world.reference, ends),
            "loglik_error": jnp.abs(rated - world.log_density).mean(),
            "dimension_error": jnp.abs(counted - self.dimension).mean(),
        }

    def floor(self, world: World) -> Any:
        """No score at all: noise that is blown up."""
        return SimpleNamespace(extra=lambda score: -score)

    def oracle(self, world: World) -> Any:
        """The exact score."""
        return SimpleNamespace(extra=jnp.zeros_like)


def log_density(data: Data, x: jax.Array) -> jax.Array:
    """Log-density [n] of the data at points [n, d]."""
    squares = ((x[:, None, :] - data.centres[None, :, :]) ** 2).sum(-1)
    exponents = jax.nn.logsumexp(-squares / (2 * data.std**2), axis=-1) - float(np.log(data.centres.shape[0]))
    return exponents - x.shape[1] * (NATS + jnp.log(data.std))


def probability_flow(data: Data, learner: Any, x: jax.Array, t: jax.Array) -> jax.Array:
    """Velocity [n, d]: (alpha' / alpha) (x + score + what the learner adds)."""
    at = level("vp", t)
    sigma = jnp.maximum(at.sigma, SIGMA_LEAST)
    score = -parts(data, x, at.alpha, sigma).noise / sigma
    return at.d_alpha / at.alpha * (x + score + learner.extra(score))


def follow(field: Any, x: jax.Array) -> jax.Array:
    """Points [n, d] at the data's end, from noise [n, d], by the classical Runge-Kutta rule."""
    clock = times()

    def step(x: jax.Array, ends: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        return x + runge_kutta(field, x, *ends), None

    moved, _ = jax.lax.scan(step, x, (clock[:-1], clock[1:]))
    return moved


def log_likelihood(field: Any, x: jax.Array) -> jax.Array:
    """Log-densities [n] that the flow gives to points [n, d] at the data's end, by the change of variables."""
    clock = times()

    def joint(pair: jax.Array, t: jax.Array) -> jax.Array:
        """Velocity [n, d], and beside it the divergence [n, 1]."""
        points = pair[:, :-1]
        one = jax.vmap(jax.jacfwd(lambda y: field(y[None], t)[0]))(points)
        return jnp.concatenate([field(points, t), jnp.trace(one, axis1=1, axis2=2)[:, None]], -1)

    def step(pair: jax.Array, ends: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        return pair + runge_kutta(joint, pair, *ends), None

    begin = jnp.concatenate([x, jnp.zeros((x.shape[0], 1))], -1)
    end, _ = jax.lax.scan(step, begin, (clock[::-1][:-1], clock[::-1][1:]))
    source = end[:, :-1]
    return end[:, -1] - 0.5 * (source**2).sum(-1) - NATS * x.shape[1]


def runge_kutta(field: Any, x: jax.Array, start: jax.Array, end: jax.Array) -> jax.Array:
    """How far points [n, d] move between two times: the classical rule of order four."""
    size = end - start
    middle = start + size / 2
    first = field(x, start)
    second = field(x + size / 2 * first, middle)
    third = field(x + size / 2 * second, middle)
    fourth = field(x + size * third, end)
    return size / 6 * (first + 2 * second + 2 * third + fourth)
