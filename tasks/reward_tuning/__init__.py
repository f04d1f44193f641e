"""Tune a pretrained generator towards a reward without leaving what it was: where does the learner end?

The generator is a mixture of isotropic Gaussians. Its denoiser at every noise level, its log-density and
its divergence from the pretrained mixture are therefore exact, and so is the gain that tuning can reach:

    J(p) = E_p[reward] - temperature KL(p | pretrained)

Three kinds of question, each with an interface: a density tuned on the true reward (`TunedDensity`), a generator tuned
on a model of the reward (`AlignedGenerator`), and an energy that Langevin dynamics sample from (`TunedEnergy`).

Shapes: n points, d dimensions (2 where none are named), k modes, b particles, l noise levels, m quadrature nodes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np

BUMP = (4.0, 3.8)  # the bump's centre, its width and the inverse of its height: all from the code of Marion and others
BUMP_SCALE = 20.0
BUMP_PEAK = 2.5
AXIS_NODES = 16  # Gauss-Hermite nodes an axis


class Density(NamedTuple):
    """Mixture of isotropic Gaussians whose common spread is known: unnormalised log-weights [k] and means [k, d]."""

    logits: jax.Array
    means: jax.Array


@dataclass(frozen=True)
class Spec:
    """What a tuner of diffusion models may know.

    Attributes:
      modes: components of the mixture.
      spread: standard deviation of every component.
      particles: samples of a step, and rewards that it may ask for.
      levels: denoising steps of a sample.
      frozen: whether the weights stay as they are.
    """

    modes: int
    spread: float
    particles: int
    levels: int
    frozen: bool = False


@dataclass(frozen=True)
class AlignmentSpec:
    """What a tuner on a model of the reward may know: as `Spec`, with examples instead of particles.

    Attributes:
      examples: pretraining data of a step.
      levels: noise levels of the pretrained model, on the cosine path.
    """

    modes: int
    spread: float
    examples: int
    levels: int


@dataclass(frozen=True)
class EnergySpec:
    """What a tuner of an energy may know: how many wells, and particles that move at once."""

    modes: int
    particles: int


class Pretrained(NamedTuple):
    """The pretrained density, the reward's direction [d], and the price of a nat of divergence."""

    density: Density
    direction: jax.Array
    temperature: jax.Array


class Noise(NamedTuple):
    """Standard normals of one step: starting points [b, d] and those of every noise level [l, b, d]."""

    start: jax.Array
    levels: jax.Array


class RewardModel(NamedTuple):
    """Regression of two features of a point on f tanh features: weights [2, f], offsets [f], readout [f + 1, 2]."""

    weights: jax.Array
    offsets: jax.Array
    readout: jax.Array


class Aligned(NamedTuple):
    """The pretrained density, a model of two features, and the features [2] that are wanted."""

    density: Density
    model: RewardModel
    target: jax.Array


class Examples(NamedTuple):
    """Pretraining data [b, 2], the noise [b, 2] to be added, and its level int32 [b]."""

    data: jax.Array
    noise: jax.Array
    level: jax.Array


class Wells(NamedTuple):
    """Centres [k, 2] of wells of unit spread, their log-weights before tuning [k], and the price of a nat."""

    centres: jax.Array
    logits: jax.Array
    temperature: jax.Array


class Steps(NamedTuple):
    """Standard normals [b, 2]: for one step of Langevin dynamics, and for a fresh start after it."""

    step: jax.Array
    fresh: jax.Array


class Nodes(NamedTuple):
    """Quadrature of a standard normal: points [m, d] and weights [m]."""

    points: jax.Array
    weights: jax.Array


class TunedDensity(Protocol):
    """A diffusion model after tuning."""

    def density(self, state: Any) -> Density:
        """The density whose exact denoiser the model is."""


class AlignedGenerator(Protocol):
    """A generator tuned on data and on a model of the reward."""

    def generator(self, state: Any) -> Density:
        """The density whose exact denoiser the generator is."""

    def uncertainty(self, state: Any, x: jax.Array, noise: jax.Array, level: jax.Array) -> jax.Array:
        """How far the reward of points [n, 2] is mistrusted, [n], at noises [n, 2] of levels int32 [n] of 1000."""


class TunedEnergy(Protocol):
    """The energy of a mixture whose means are fixed."""

    def logits(self, state: Any) -> jax.Array:
        """Unnormalised log-weights [k]."""


def noise_level(fraction: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(alpha, sigma) of the cosine path at fractions from 0 (data) to 1 (noise): x = alpha data + sigma noise."""
    return jnp.cos(jnp.pi / 2 * fraction), jnp.sin(jnp.pi / 2 * fraction)


def log_density(density: Density, spread: float, x: jax.Array) -> jax.Array:
    """Log-density [n] at points [n, d]."""
    square = ((x[:, None] - density.means[None]) ** 2).sum(-1)
    joint = jax.nn.log_softmax(density.logits)[None] - square / (2 * spread**2)
    return jax.nn.logsumexp(joint, axis=-1) - x.shape[-1] / 2 * jnp.log(2 * jnp.pi * spread**2)


def denoise(density: Density, spread: float, x: jax.Array, alpha: jax.Array, sigma: jax.Array) -> jax.Array:
    """E[data | x] [n, d] of x = alpha data + sigma noise, [n, d]; alpha and sigma are [] or [n]."""
    scale = jnp.broadcast_to(alpha, x.shape[:1])[:, None]
    variance = (scale * spread) ** 2 + jnp.broadcast_to(sigma, x.shape[:1])[:, None] ** 2  # [n, 1]
    offset = x[:, None] - scale[:, None] * density.means[None]  # [n, k, d]
    share = jax.nn.softmax(density.logits[None] - (offset**2).sum(-1) / (2 * variance), axis=-1)
    inside = density.means[None] + (spread**2 * scale / variance)[:, None] * offset
    return (share[..., None] * inside).sum(1)


def linear_reward(given: Pretrained, x: jax.Array) -> jax.Array:
    """Rewards [n] of points [n, d]."""
    return x @ given.direction


def predict_features(model: RewardModel, x: jax.Array) -> jax.Array:
    """Features [n, 2] that the model sees in points [n, 2]."""
    hidden = jnp.tanh(x @ model.weights + model.offsets[None])
    return hidden @ model.readout[:-1] + model.readout[-1][None]


def half_reward(x: jax.Array) -> jax.Array:
    """Rewards [n] of points [n, 2]: a wide bump, cut off where the first coordinate is negative."""
    bump = jnp.exp(-((x - jnp.asarray(BUMP)[None]) ** 2).sum(-1) / BUMP_SCALE) / BUMP_PEAK
    return jnp.where(x[:, 0] >= 0, bump, 0.0)


def hermite_nodes() -> Nodes:
    """Gauss-Hermite nodes of the plane."""
    line, weight = np.polynomial.hermite_e.hermegauss(AXIS_NODES)
    points = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
    weights = np.outer(weight, weight).reshape(-1) / (2 * np.pi)
    return Nodes(points=jnp.asarray(points, jnp.float32), weights=jnp.asarray(weights, jnp.float32))


def mirrored_nodes(drawn: jax.Array) -> Nodes:
    """Standard normals [m, d] and their mirror images, all alike: exact for functions that are linear in a mode."""
    points = jnp.concatenate([drawn, -drawn])
    return Nodes(points=points, weights=jnp.full(len(points), 1 / len(points)))


def expectation(density: Density, spread: float, values: Callable[[jax.Array], jax.Array], nodes: Nodes) -> jax.Array:
    """E_p[values(x)], values mapping [n, d] to [n], by quadrature around every mode."""
    points = density.means[:, None] + spread * nodes.points[None]  # [k, m, d]
    inside = values(points.reshape(-1, points.shape[-1])).reshape(points.shape[:2]) @ nodes.weights
    return jax.nn.softmax(density.logits) @ inside


def divergence(density: Density, other: Density, spread: float, nodes: Nodes) -> jax.Array:
    """KL(density | other) of two mixtures of one spread, in nats."""

    def ratio(x: jax.Array) -> jax.Array:
        return log_density(density, spread, x) - log_density(other, spread, x)

    return expectation(density, spread, ratio, nodes)


def kept_modes(logits: jax.Array) -> jax.Array:
    """How many modes a mixture has, by the exponential of the entropy of its weights."""
    log_weights = jax.nn.log_softmax(logits)
    return jnp.exp(-(jnp.exp(log_weights) * log_weights).sum())
