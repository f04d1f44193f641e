"""What tuners of an energy share: the energy of six wells, a step of Langevin dynamics, and the gradient of J."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.tasks.reward_tuning import Density, Wells, half_reward, log_density

STEP = 0.2  # of Langevin dynamics, as in the authors' code
RATES = (
    0.0125,
    0.025,
    0.05,
    0.1,
    0.2,
    0.4,
    0.8,
    1.6,
    3.2,
    6.4,
    12.8,
    25.6,
)  # of the logits, for every step of the dynamics


class State(NamedTuple):
    """The energy's log-weights [k], the particles [b, 2], and the steps since they started."""

    params: jax.Array
    particles: jax.Array
    age: jax.Array


def energy(wells: Wells, logits: jax.Array, x: jax.Array) -> jax.Array:
    """V(x; logits) [n] at points [n, 2]: minus the log-density of the mixture."""
    return -log_density(Density(logits=logits, means=wells.centres), 1.0, x)


def langevin(wells: Wells, logits: jax.Array, x: jax.Array, noise: jax.Array) -> jax.Array:
    """Particles [b, 2] after one step."""
    slope = jax.grad(lambda at: energy(wells, logits, at).sum())(x)
    return x - STEP * slope + jnp.sqrt(2 * STEP) * noise


def ascent(wells: Wells, logits: jax.Array, x: jax.Array) -> jax.Array:
    """Gradient of J [k], estimated by particles [b, 2] that are taken for samples of the energy's density.

    -Cov(reward + temperature (V - V_0), d V / d logits), as the mean of a bounded density moves by minus a covariance.
    """
    slope = jax.jacfwd(lambda now: energy(wells, now, x))(logits)  # [b, k]
    value = half_reward(x) + wells.temperature * (energy(wells, logits, x) - energy(wells, wells.logits, x))
    return -((value - value.mean()) @ (slope - slope.mean(0, keepdims=True))) / len(x)
