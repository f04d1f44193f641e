"""What the study's methods share: networks over points, times and conditions, training, and how a flow is followed.

Shapes: n points, b pairs, e features of a condition, h hidden units, r generated matrices.
"""

import abc
from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.coupling import pair_swaps
from toybench.blocks.diffusion import Field, ddim, euler, level, midpoint, noise_from_denoised, time_features
from toybench.blocks.distances import squared_distances
from toybench.tasks.conditional_generation import SCHEDULE, Batch, denoise_label, encode

RATES = (0.002, 0.004, 0.008, 0.016, 0.032, 0.064)  # a factor 2 apart: six configurations
LAYERS = 3  # hidden layers of every network
AT_ZERO = "zero"  # layers that are named so start with kernels of 0
SWEEPS = 3  # of swapping partners: within a few per cent of the optimal assignment
STEPS = 50  # network calls of the unlearners that take many

Field_ = Callable[[jax.Array, jax.Array], jax.Array]  # points [n, 2] and a time [] to [n, 2]


class State(NamedTuple):
    """Parameters of a network, and Adam's moments."""

    params: Any
    opt: Any


class Trained(Method):
    """A network that Adam trains on a loss over batches."""

    lr: float = 0.016  # Adam's learning rate, above 0; decays to 0 by a cosine

    @property
    @abc.abstractmethod
    def network(self) -> flax.linen.Module:
        """A module of points [n, 2], times [n] and features of conditions [n, e] that returns [n, 2]."""

    @abc.abstractmethod
    def loss(self, params: Any, batch: Batch, key: jax.Array) -> jax.Array:
        """What is minimised."""

    @property
    def optimizer(self) -> Any:
        return optim.adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        params = fresh(self.network, key, max(self.spec.labels, 1))
        return State(params=params, opt=self.optimizer.init(params))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        gradients = jax.grad(self.loss)(state.params, batch, key)
        params, opt = optim.descend(self.optimizer, gradients, state.opt, state.params)
        return State(params=params, opt=opt)


def fresh(network: flax.linen.Module, key: jax.Array, features: int) -> Any:
    """Parameters of a network; kernels of layers that are named so start at 0."""
    params = nn.init(network, key, jnp.zeros((1, 2)), jnp.zeros(1), jnp.zeros((1, features)))
    return jax.tree_util.tree_map_with_path(
        lambda path, leaf: jnp.zeros_like(leaf) if any(AT_ZERO in str(part) for part in path) else leaf, params
    )


def concatenated(width: int) -> Field:
    """A network that is given point, time and condition side by side."""
    return Field(widths=(width,) * LAYERS, dims=2)


class Embedded(flax.linen.Module):
    """SiLU features [n, width] of times [n] and conditions [n, e]."""

    width: int

    @flax.linen.compact
    def __call__(self, t: jax.Array, condition: jax.Array) -> jax.Array:
        return flax.linen.silu(flax.linen.Dense(self.width)(jnp.concatenate([time_features(t), condition], -1)))


class Chosen(flax.linen.Module):
    """A layer [n, width] whose weights and biases are r kept matrices, mixed for every point by numbers [n, r]."""

    width: int
    name_of_kernels: str = "kept"

    @flax.linen.compact
    def __call__(self, h: jax.Array, mix: jax.Array) -> jax.Array:
        every = flax.linen.Dense(mix.shape[-1] * self.width, name=self.name_of_kernels)(h)
        return jnp.einsum("nr,nrw->nw", mix, every.reshape(*mix.shape, self.width))


def follow(velocity: Field_, start: jax.Array, calls: int) -> jax.Array:
    """Points [n, 2] at time 1, by the midpoint rule with `calls` velocities, an even number; by Euler's rule with 1."""
    solver = euler if calls == 1 else midpoint
    steps = 1 if calls == 1 else calls // 2
    return solver(velocity, start, jnp.linspace(0.0, 1.0, steps + 1))[-1]


def straight(batch: Batch) -> tuple[jax.Array, jax.Array]:
    """Points [b, 2] on the straight lines of the pairs at the batch's times, and their velocities [b, 2]."""
    t = batch.time[:, None]
    return (1 - t) * batch.start + t * batch.target, batch.target - batch.start


def matching_loss(network: flax.linen.Module, params: Any, batch: Batch, condition: jax.Array) -> jax.Array:
    """Squared error of the velocity of straight lines, for features of conditions [b, e]."""
    x, speed = straight(batch)
    return jnp.mean((network.apply(params, x, batch.time, condition) - speed) ** 2)


def velocity(network: flax.linen.Module, params: Any, condition: jax.Array) -> Field_:
    """The network's field for features of conditions [n, e], at one time for all."""
    return lambda x, t: network.apply(params, x, jnp.broadcast_to(t, len(x)), condition)


def moved(method: Any, state: State, start: jax.Array, condition: jax.Array, calls: int) -> jax.Array:
    """Points [n, 2] that a method's own network moves along its field."""
    field = velocity(method.network, state.params, encode(method.spec, condition))
    return follow(field, start, calls)


def forgetful(keep: jax.Array, condition: jax.Array) -> jax.Array:
    """Features [b, e] of conditions, replaced by zeros (no condition) where `keep` [b] is False."""
    return jnp.where(keep[:, None], condition, 0.0)


def matched(batch: Batch, penalty: jax.Array) -> Batch:
    """The batch with its source points exchanged: least squared distance plus penalty [b, b] of target i, source j."""
    partner = pair_swaps(squared_distances(batch.target, batch.start) + penalty, SWEEPS)
    return batch._replace(start=batch.start[partner])


class Correction(flax.linen.Module):
    """A network over points, times and labels whose output starts at 0."""

    width: int

    @flax.linen.compact
    def __call__(self, x: jax.Array, t: jax.Array, condition: jax.Array) -> jax.Array:
        h = jnp.concatenate([x, time_features(t), condition], -1)
        for _ in range(2):
            h = flax.linen.silu(flax.linen.Dense(self.width)(h))
        return flax.linen.Dense(2, name=AT_ZERO)(h)


def corrected(method: Any, params: Any, x: jax.Array, time: jax.Array, label: jax.Array) -> jax.Array:
    """The exact model's denoised points [n, 2] plus a network's correction."""
    correction = method.network.apply(params, x, time, encode(method.spec, label))
    return denoise_label(method.given, x, time, label) + correction


def generate(denoise: Field_, start: jax.Array) -> jax.Array:
    """Points [n, 2] from noise [n, 2], by deterministic DDIM steps with denoised points `denoise(x, times)`."""

    def noise(x: jax.Array, t: jax.Array) -> jax.Array:
        return noise_from_denoised(level(SCHEDULE, t), x, denoise(x, jnp.broadcast_to(t, len(x))))

    return ddim(noise, start, jnp.linspace(0.0, 1.0, STEPS + 1), SCHEDULE)[-1]


def mean_where(values: jax.Array, where: jax.Array) -> jax.Array:
    """Mean of the values [b] that `where` [b] marks."""
    return jnp.where(where, values, 0.0).sum() / jnp.maximum(where.sum(dtype=values.dtype), 1.0)
