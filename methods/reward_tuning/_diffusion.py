"""What tuners of a diffusion model share: sampling by DDIM, the gain of a sample, and a step of Adam."""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.tasks.reward_tuning import (
    Density,
    Noise,
    Pretrained,
    denoise,
    linear_reward,
    log_density,
    noise_level,
)

RATES = (0.00625, 0.0125, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8)  # Adam's rates, the same for all tuners


class State(NamedTuple):
    """The tuned density and Adam's moments."""

    params: Density
    moments: Any


class Tuner(Method):
    """A density that starts at the pretrained one; Adam, whose rate falls to 0 by a cosine."""

    lr: float = 0.1  # Adam's rate at the start, above 0

    deterministic = True  # starts at the pretrained density

    def init(self, key: jax.Array) -> State:
        return State(params=self.given.density, moments=self.optimizer().init(self.given.density))

    def optimizer(self) -> Any:
        return optim.adam(self.lr, self.steps)

    def descend(self, state: State, gradient: Density) -> State:
        """One step of Adam; frozen weights don't move."""
        logits = jnp.zeros_like(gradient.logits) if self.spec.frozen else gradient.logits
        params, moments = optim.descend(self.optimizer(), gradient._replace(logits=logits), state.moments, state.params)
        return State(params=params, moments=moments)

    def density(self, state: State) -> Density:
        return state.params


class LossTuner(Tuner):
    """A tuner that takes one step a batch, down a loss."""

    @abc.abstractmethod
    def loss(self, params: Density, batch: Noise) -> jax.Array:
        """What a step descends on."""

    def update(self, state: State, batch: Noise, key: jax.Array) -> State:
        return self.descend(state, jax.grad(self.loss)(state.params, batch))


def times(levels: int) -> jax.Array:
    """Noise fractions of a sampler's grid, from 1 to 0: [levels + 1]."""
    return 1 - jnp.arange(levels + 1) / levels


def ddim_step(params: Density, spread: float, x: jax.Array, now: jax.Array, then: jax.Array) -> jax.Array:
    """Points [n, d] at the noise fraction `then`, from those at `now`, without fresh noise."""
    alpha, sigma = noise_level(now)
    next_alpha, next_sigma = noise_level(then)
    clean = denoise(params, spread, x, alpha, sigma)
    return next_alpha * clean + next_sigma * (x - alpha * clean) / sigma


def ddim(params: Density, spread: float, x: jax.Array, grid: jax.Array) -> jax.Array:
    """Points [n, d] at the end of a grid of noise fractions [l + 1], from those at its start."""

    def step(x: jax.Array, pair: jax.Array) -> tuple[jax.Array, None]:
        return ddim_step(params, spread, x, pair[0], pair[1]), None

    return jax.lax.scan(step, x, jnp.stack([grid[:-1], grid[1:]], axis=-1))[0]


def sample_gain(given: Pretrained, spread: float, params: Density, x: jax.Array) -> jax.Array:
    """Reward minus the price of the divergence [n]; its mean over samples of `params` is J.

    The density is held fixed in the logarithm: its own gradient has the mean 0, and is 0 for no sample.
    """
    held = jax.lax.stop_gradient(params)
    moved = log_density(held, spread, x) - log_density(given.density, spread, x)
    return linear_reward(given, x) - given.temperature * moved
