"""What tuners on a model of the reward share: denoising once from a level, the loss of a reward, and a step of Adam."""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.tasks.reward_tuning import (
    Aligned,
    AlignmentSpec,
    Density,
    Examples,
    denoise,
    noise_level,
    predict_features,
)

REWARDED = 400  # the highest of 1000 levels at which a reward counts, as in the authors' code
TINY = 1e-10  # keeps the mean over rewarded examples finite where there are none


class State(NamedTuple):
    """The tuned generator, Adam's moments, and the steps so far."""

    params: Density
    moments: Any
    seen: jax.Array


class Denoised(NamedTuple):
    """Points [b, 2] that the generator sees behind noised ones, and the squared error of the noise it saw [b]."""

    clean: jax.Array
    error: jax.Array


class Aligner(Method):
    """Denoises the pretraining data and is paid for what it sees behind the noise; Adam, its rate falls to 0."""

    lr: float = 0.02  # Adam's rate at the start, above 0
    weight: float = 1.0  # of the reward beside denoising, 0 or more
    units: int = 300  # steps after which the generator stays as it is, 1 or more

    deterministic = True  # starts at the pretrained density

    @abc.abstractmethod
    def loss(self, params: Density, batch: Examples) -> jax.Array:
        """What a step descends on."""

    def init(self, key: jax.Array) -> State:
        moments = self.optimizer().init(self.given.density)
        return State(params=self.given.density, moments=moments, seen=jnp.zeros((), jnp.int32))

    def optimizer(self) -> Any:
        return optim.adam(self.lr, min(self.steps, self.units))

    def update(self, state: State, batch: Examples, key: jax.Array) -> State:
        gradient = jax.grad(self.loss)(state.params, batch)
        params, moments = optim.descend(self.optimizer(), gradient, state.moments, state.params)
        params = jax.tree.map(lambda new, old: jnp.where(state.seen < self.units, new, old), params, state.params)
        return State(params=params, moments=moments, seen=state.seen + 1)

    def generator(self, state: State) -> Density:
        return state.params


def denoise_once(params: Density, spec: AlignmentSpec, batch: Examples, level: jax.Array) -> Denoised:
    """What the generator sees behind data that are noised to these levels, int32 [b]."""
    alpha, sigma = noise_level((level.astype(jnp.float32) + 0.5) / spec.levels)
    noisy = alpha[:, None] * batch.data + sigma[:, None] * batch.noise
    clean = denoise(params, spec.spread, noisy, alpha, sigma)
    seen = (noisy - alpha[:, None] * clean) / sigma[:, None]
    return Denoised(clean=clean, error=((seen - batch.noise) ** 2).mean(-1))


def rewarded_mean(values: jax.Array, level: jax.Array) -> jax.Array:
    """Mean of values [b] over the examples whose level is low enough to be rewarded."""
    counts = (level <= REWARDED).astype(values.dtype)
    return (counts * values).sum() / (counts.sum() + TINY)


def feature_loss(given: Aligned, clean: jax.Array) -> jax.Array:
    """Squared distance of the features that the model sees to those that are wanted, [b, 2]."""
    return (predict_features(given.model, clean) - given.target[None]) ** 2
