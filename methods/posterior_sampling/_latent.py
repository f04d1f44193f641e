"""What searches in a generator's latent space share: a translator from classes to inputs, and Langevin steps.

The translator is a mixture density network: given the classifier's probabilities for an output it tells a mixture of 8
Gaussians for the input. It is trained on inputs of the prior alone, by likelihood. Langevin steps go down

    E(z) = -log p(wanted | G(z)) + |z|^2 / 2,    z <- z - step grad E + sqrt(2 step / beta) noise

so that beta = 1 leaves the posterior as it is in the limit of small steps.

Shapes: b pairs, n samples, d dimensions, c classes, k components.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench.blocks import nn, optim
from toybench.blocks.mixture import Mixture, log_density, sample
from toybench.tasks.posterior_sampling import Generator, LatentSpec, Pairs, log_classes

COMPONENTS = 8
HIDDEN = 64
LEAST = 0.05  # standard deviation of a component, at least
PRICE = 3  # of a Langevin step in calls: one forward, two for going back


class State(NamedTuple):
    """Parameters of the translator and of Adam."""

    params: Any
    moments: optax.OptState


def network(spec: LatentSpec) -> nn.MLP:
    """Logits, means and log-deviations of the components."""
    return nn.MLP((HIDDEN, HIDDEN, COMPONENTS * (1 + 2 * spec.dims)), activation=jax.nn.silu)


def start(spec: LatentSpec, key: jax.Array, optimiser: optax.GradientTransformation) -> State:
    """Before training."""
    params = nn.init(network(spec), key, jnp.zeros((1, spec.classes)))
    return State(params=params, moments=optimiser.init(params))


def translate(spec: LatentSpec, params: Any, y: jax.Array) -> Mixture:
    """The mixture for one vector of class probabilities [c]."""
    out = network(spec).apply(params, y[None, :])[0]
    logits = out[:COMPONENTS]
    means, deviations = out[COMPONENTS:].reshape(2, COMPONENTS, spec.dims)
    return Mixture(weights=jax.nn.softmax(logits), means=means, std=LEAST + jax.nn.softplus(deviations))


def fit(spec: LatentSpec, state: State, batch: Pairs, optimiser: optax.GradientTransformation) -> State:
    """One step of likelihood."""

    def loss(params: Any) -> jax.Array:
        return -jax.vmap(lambda x, y: log_density(translate(spec, params, y), x[None, :])[0])(batch.x, batch.y).mean()

    params, moments = optim.descend(optimiser, jax.grad(loss)(state.params), state.moments, state.params)
    return State(params=params, moments=moments)


def translated(spec: LatentSpec, state: State, wanted: jax.Array, key: jax.Array, count: int) -> jax.Array:
    """Inputs [n, d] that the translator draws."""
    return sample(translate(spec, state.params, wanted), key, count)[0]


def langevin(
    spec: LatentSpec, generator: Generator, wanted: jax.Array, z: jax.Array, step: Any, beta: Any, key: jax.Array
) -> jax.Array:
    """Inputs [n, d] after as many Langevin steps from z as the calls allow."""

    def energy(z: jax.Array) -> jax.Array:
        logs = log_classes(spec, generator, generator.generate(z))
        return -(logs @ wanted).sum() + 0.5 * (z**2).sum()

    def walk(z: jax.Array, noise: jax.Array) -> tuple[jax.Array, None]:
        return z - step * jax.grad(energy)(z) + jnp.sqrt(2 * step / beta) * noise, None

    draws = jax.random.normal(key, (steps(spec), *z.shape))
    return jax.lax.scan(walk, z, draws)[0]


def steps(spec: LatentSpec) -> int:
    """Langevin steps that the calls allow."""
    return spec.calls // PRICE
