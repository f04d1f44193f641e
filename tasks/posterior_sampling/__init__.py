"""Draw from a law that is known through a generative model and something asked of it.

A learner answers one of three questions. `Posterior`: draw x given a measurement of it, where x comes from a diffusion
model. `Latents`: draw the input of a generator, given what a classifier shall say of its output. `Composition`: draw
from a product of powers of densities of which only the scores at every noise level are at hand.

What a method costs is asked with it: evaluations of the given network, and products with its Jacobian, a sample.
Shapes: n samples, d dimensions, m numbers of a measurement, b pairs, k components, c classes.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench.blocks.mixture import Mixture


@dataclass(frozen=True)
class MeasuredSpec:
    """Sizes, and the operator: `mask` (some coordinates) or `abs` (absolute values along some directions)."""

    dims: int
    measured: int
    operator: str
    calls: int


@dataclass(frozen=True)
class LatentSpec:
    """Sizes, what is asked (`label` or `rare`), and how many evaluations of the generator a sample may take."""

    dims: int
    classes: int
    region: str
    calls: int


@dataclass(frozen=True)
class ComposedSpec:
    """Sizes, and how many steps from noise to data."""

    dims: int
    steps: int


class Calls(NamedTuple):
    """Price of one sample: evaluations of the given network, and vector-Jacobian products through it, float []."""

    network: jax.Array
    vjp: jax.Array


class Pairs(NamedTuple):
    """What an amortised learner is trained on: x [b, d] of the prior, and what is known of each, y [b, m]."""

    x: jax.Array
    y: jax.Array


class Measured(NamedTuple):
    """A measurement y = f(rows x) + noise of a point x of the prior, f the identity or the absolute value.

    Attributes:
      prior: the diffusion model: its denoiser at every level is exact.
      rows: orthonormal directions [m, d].
      noise: standard deviation of the noise, [].
    """

    prior: Mixture
    rows: jax.Array
    noise: jax.Array

    def operate(self, operator: str, x: jax.Array) -> jax.Array:
        """Measurements without noise [..., m] of points [..., d]."""
        along = x @ self.rows.T
        return jnp.abs(along) if operator == "abs" else along


class Generator(NamedTuple):
    """A network x = G(z) with standard normal inputs, and a classifier of its outputs.

    Attributes:
      weights, biases: two layers, [d, h], [h, 2] and [h], [2].
      centre, radius: of the disc that is rare, [2] and [].
    """

    weights: tuple[jax.Array, jax.Array]
    biases: tuple[jax.Array, jax.Array]
    centre: jax.Array
    radius: jax.Array

    def generate(self, z: jax.Array) -> jax.Array:
        """Outputs [..., 2] of inputs [..., d]."""
        hidden = jnp.tanh(z @ self.weights[0] + self.biases[0].reshape((1,) * (z.ndim - 1) + (-1,)))
        return hidden @ self.weights[1] + self.biases[1].reshape((1,) * (z.ndim - 1) + (-1,))


class Target(NamedTuple):
    """A density in proportion to the product of p_i^{b_i}, for two mixtures.

    Attributes:
      parts: the mixtures p_1 and p_2.
      powers: b_1 and b_2, [2].
    """

    parts: tuple[Mixture, Mixture]
    powers: jax.Array


class Particles(NamedTuple):
    """Weighted samples: points [n, d] and log-weights [n]; ess is the least effective sample size on the way, []."""

    points: jax.Array
    log_weights: jax.Array
    ess: jax.Array


class Posterior(Protocol):
    """Points given a measurement."""

    def sample(self, state: Any, y: jax.Array, key: jax.Array, count: int) -> jax.Array:
        """`count` points [n, d] given one measurement y [m]."""

    def calls(self, state: Any) -> Calls:
        """What one of them costs."""


class Latents(Protocol):
    """Inputs of a generator given a class."""

    def latents(self, state: Any, wanted: jax.Array, key: jax.Array, count: int) -> jax.Array:
        """`count` inputs z [n, d] whose outputs shall be of the class `wanted`, one-hot [c]."""

    def calls(self, state: Any) -> Calls:
        """What one of them costs."""


class Composition(Protocol):
    """Samples of a product of powers."""

    def compose(self, state: Any, target: Target, key: jax.Array, count: int) -> Particles:
        """`count` weighted points of the target."""


SHARPNESS = 8.0  # of the classifier by angle: a class is 8 times likelier in its middle than at a right angle to it
EDGE = 0.05  # width of the rare disc's edge
TINY = 1e-12  # added to squares whose root has a gradient


def log_classes(spec: LatentSpec, generator: Generator, x: jax.Array) -> jax.Array:
    """Log-probabilities [..., c] of the classes at outputs x [..., 2]: by angle, or inside and outside of the disc."""
    if spec.region == "rare":
        centre = generator.centre.reshape((1,) * (x.ndim - 1) + (2,))
        inside = (generator.radius - jnp.sqrt(((x - centre) ** 2).sum(-1) + TINY)) / EDGE
        return jnp.stack([jax.nn.log_sigmoid(inside), jax.nn.log_sigmoid(-inside)], -1)
    angles = jnp.linspace(0.0, 2 * jnp.pi, spec.classes, endpoint=False)
    middles = jnp.stack([jnp.cos(angles), jnp.sin(angles)], -1)
    norm = jnp.sqrt((x**2).sum(-1, keepdims=True) + TINY)
    return jax.nn.log_softmax(SHARPNESS * (x / norm) @ middles.T, axis=-1)
