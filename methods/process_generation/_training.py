"""What the study's trained methods share: training by Adam, a sampler, networks, and play of a game.

Shapes: b batch, n samples, f frames, d numbers a frame, m points of a function, c channels, s steps.
"""

import abc
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import flax.linen
import jax
import jax.numpy as jnp
import optax
from jax.scipy.special import ndtr, ndtri

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.diffusion import (
    Field,
    Level,
    denoised_from_velocity,
    interpolate,
    level,
    noise_from_denoised,
    speed,
    time_features,
)
from toybench.blocks.random import normals, uniforms

RATES = (0.002, 0.004, 0.008, 0.016, 0.032, 0.064)  # learning rates
LOW_RATES = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016)  # those of a method that does best at low ones
FIRST = 0.01  # where paths begin that are followed by predictions of the noise: at 0 there is nothing else to see
RANGE = 3.0  # denoised frames are clipped to this, in units of their deviation
BUCKETS = 10  # of levels of noise, as in Valevski et al.
CLIP = 1e-6  # uniform numbers that become normal ones stay this far from 0 and 1
POINT = 10  # numbers that tell the network of a point of a function
TURN = math.pi / 2  # rate at which a cosine path turns from noise to data


class State(NamedTuple):
    """Parameters of the network and Adam's moments."""

    params: Any
    opt: Any


class Trained(Method):
    """A network trained by Adam on `loss`; its rate decays to 0 by a cosine."""

    lr: float = 0.002  # Adam's first learning rate, above 0

    @property
    @abc.abstractmethod
    def network(self) -> flax.linen.Module:
        """The network."""

    @abc.abstractmethod
    def example(self) -> tuple[jax.Array, ...]:
        """Inputs of the right shapes, from which its parameters are made."""

    @abc.abstractmethod
    def loss(self, params: Any, batch: Any, key: jax.Array) -> jax.Array:
        """What is minimised."""

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        params = nn.init(self.network, key, *self.example())
        return State(params=params, opt=self.optimizer.init(params))

    def update(self, state: State, batch: Any, key: jax.Array) -> State:
        gradients = jax.grad(self.loss)(state.params, batch, key)
        params, opt = optim.descend(self.optimizer, gradients, state.opt, state.params)
        return State(params=params, opt=opt)


def times(normal: jax.Array) -> jax.Array:
    """Times of training points, uniform in [0, 1], from standard normal numbers: one draw then serves both."""
    return ndtr(normal)


def descend_levels(
    denoise: Callable[[jax.Array, jax.Array], jax.Array], x: jax.Array, path: str, grid: jax.Array
) -> jax.Array:
    """x at the end of the times `grid` [s + 1] by deterministic DDIM, from predictions of the data: s calls."""

    def step(x: jax.Array, ends: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        before = level(path, ends[0])
        after = level(path, ends[1])
        x1 = denoise(x, ends[0])
        return after.alpha * x1 + after.sigma * noise_from_denoised(before, x, x1), None

    return jax.lax.scan(step, x, (grid[:-1], grid[1:]))[0]


class DrivenNetwork(flax.linen.Module):
    """Frames that a control drives: scaled and shifted frame by frame by control and time, mixed by hidden layers."""

    widths: tuple[int, ...]
    channels: int = 16

    @flax.linen.compact
    def __call__(self, x: jax.Array, t: jax.Array, control: jax.Array) -> jax.Array:
        """[n, f, d] for noisy frames [n, f, d], times [n] or [], and the control [n, f]."""
        shape = (*x.shape[:2], self.channels)
        when = time_features(jnp.broadcast_to(t, x.shape[:1]))[:, None, :]
        drive = jnp.concatenate([control[..., None], jnp.broadcast_to(when, (*x.shape[:2], when.shape[-1]))], -1)
        hidden = self.driven(flax.linen.Dense(self.channels)(x), drive)
        mixed = hidden.reshape(x.shape[0], -1)
        for width in self.widths:
            mixed = flax.linen.silu(flax.linen.Dense(width)(mixed))
        mixed = flax.linen.Dense(shape[1] * shape[2])(mixed).reshape(shape)
        straight = flax.linen.Dense(1)(drive) * x  # much of a velocity, and of the noise, is a multiple of x
        return straight + flax.linen.Dense(x.shape[-1])(self.driven(hidden + mixed, drive))

    def driven(self, hidden: jax.Array, drive: jax.Array) -> jax.Array:
        """Channels [n, f, c], each frame scaled and shifted by its own control."""
        scale, shift = jnp.split(flax.linen.Dense(2 * self.channels)(drive), 2, -1)
        return flax.linen.silu(hidden * (1 + scale) + shift)


class SetNetwork(flax.linen.Module):
    """A number for every point of a function, from the point and what it attends to among all points."""

    width: int

    @flax.linen.compact
    def __call__(self, points: jax.Array, t: jax.Array) -> jax.Array:
        """[n, m] for points [n, m, c] and times of diffusion [n] or []."""
        when = time_features(jnp.broadcast_to(t, points.shape[:1]))[:, None, :]
        inputs = jnp.concatenate([points, jnp.broadcast_to(when, (*points.shape[:2], when.shape[-1]))], -1)
        each = flax.linen.silu(flax.linen.Dense(self.width)(inputs))
        asked, told, value = jnp.split(flax.linen.Dense(3 * self.width)(each), 3, -1)
        attention = jax.nn.softmax(asked @ told.swapaxes(1, 2) / self.width**0.5)
        each = jnp.concatenate([each, attention @ value], -1)
        each = flax.linen.silu(flax.linen.Dense(self.width)(each))
        straight = flax.linen.Dense(1)(when) * points[..., :1]  # much of the noise is a multiple of the noisy value
        return (straight + flax.linen.Dense(1)(flax.linen.silu(flax.linen.Dense(self.width)(each))))[..., 0]


class GameModel(Trained):
    """Diffusion of the next frame under a context, an action and a level that is told."""

    width: int = 64  # units of the two hidden layers

    @property
    def network(self) -> Field:
        return Field(widths=(self.width, self.width), dims=self.spec.pixels)

    def example(self) -> tuple[jax.Array, ...]:
        told = self.spec.pixels * self.spec.context + 1 + BUCKETS
        return jnp.zeros((1, self.spec.pixels)), jnp.zeros(1), jnp.zeros((1, told))

    def speed(
        self, params: Any, x: jax.Array, t: jax.Array, context: jax.Array, action: jax.Array, told: jax.Array
    ) -> jax.Array:
        """d x_t / dt [n, p], divided by pi / 2, which gives it unit variance."""
        condition = jnp.concatenate([context.reshape(context.shape[0], -1), action[:, None], told], -1)
        return self.network.apply(params, x, t, condition)

    def denoising_loss(
        self, params: Any, batch: Any, context: jax.Array, told: jax.Array, draw: dict[str, jax.Array]
    ) -> jax.Array:
        """Squared error of the velocity, at the noise x0 and the times of `draw`."""
        t = times(draw["t"])
        at = level("cosine", t).columns()
        noisy = interpolate(at, batch.following, draw["x0"])
        target = speed(at, batch.following, draw["x0"]) / TURN
        return jnp.mean((self.speed(params, noisy, t, context, batch.action, told) - target) ** 2)

    def next_frame(
        self, params: Any, context: jax.Array, action: jax.Array, told: jax.Array, start: jax.Array
    ) -> jax.Array:
        """The next frame [n, p] from the noise `start`, by deterministic DDIM."""

        def denoise(x: jax.Array, t: jax.Array) -> jax.Array:
            found = TURN * self.speed(params, x, t, context, action, told)
            return denoised_from_velocity(level("cosine", t), x, found)

        return descend_levels(denoise, start, "cosine", jnp.linspace(0.0, 1.0, self.spec.calls + 1))


def bucket(share: jax.Array) -> jax.Array:
    """One-hot bucket [n, 10] of a level, given as a share [n] of the greatest one."""
    number = jnp.clip(jnp.floor(BUCKETS * share), 0, BUCKETS - 1).astype(jnp.int32)
    return jax.nn.one_hot(number, BUCKETS)


def play_on(following: Callable[..., jax.Array], key: jax.Array, context: jax.Array, actions: jax.Array) -> jax.Array:
    """Frames [n, f, p] by `following(context, action, draw)`, each of which moves into the next one's context."""

    def step(context: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        index, action = now
        draw = normals(jax.random.fold_in(key, index), x0=context[:, 0].shape, context=context.shape)
        frame = following(context, action, draw)
        return jnp.concatenate([context[:, 1:], frame[:, None]], 1), frame

    _, frames = jax.lax.scan(step, context, (jnp.arange(actions.shape[1]), actions.T))
    return frames.swapaxes(0, 1)


class FunctionModel(Trained):
    """Diffusion of functions: noise that is itself a function, and a network over sets of points.

    The noise at times [m] is `root(times) @ z`, z standard normal. Some values may be known; the network sees them.
    """

    width: int = 32  # units of the network's layers

    @abc.abstractmethod
    def root(self, moments: jax.Array) -> jax.Array:
        """A matrix [m, r] whose square is the noise's covariance at the times [m]."""

    @abc.abstractmethod
    def target(self, clean: jax.Array, noise: jax.Array) -> jax.Array:
        """What the network predicts: the clean values or the noise, [b, m]."""

    @abc.abstractmethod
    def denoised(self, at: Level, x: jax.Array, predicted: jax.Array) -> jax.Array:
        """The clean values [n, m] that the prediction means."""

    @property
    def network(self) -> SetNetwork:
        return SetNetwork(width=self.width)

    def example(self) -> tuple[jax.Array, ...]:
        return jnp.zeros((1, 1, POINT)), jnp.zeros(1)

    def loss(self, params: Any, batch: Any, key: jax.Array) -> jax.Array:
        root = jax.vmap(self.root)(batch.times)
        count = batch.times.shape[:1]
        u = uniforms(key, z=(*count, root.shape[-1]), t=count, known=batch.times.shape, some=count)
        z = ndtri(jnp.clip(u["z"], CLIP, 1 - CLIP))
        noise = (root @ z[..., None])[..., 0]
        known = (u["known"] < 0.5) & (u["some"] < 0.5)[:, None]
        t = FIRST + (1 - FIRST) * u["t"]
        at = level("cosine", t).columns()
        noisy = interpolate(at, batch.values, noise)
        predicted = self.network.apply(params, points(noisy, batch.values, batch.times, known), t)
        wrong = (predicted - self.target(batch.values, noise)) ** 2
        return jnp.where(known, 0.0, wrong).mean()

    def follow(self, params: Any, key: jax.Array, values: jax.Array, moments: jax.Array, known: jax.Array) -> jax.Array:
        """Functions [n, m] at the times [m] that have the values [n, m] where they are known, bool [m]."""
        root = self.root(moments)
        start = jax.random.normal(key, (values.shape[0], root.shape[-1])) @ root.T
        where = jnp.broadcast_to(known[None, :], values.shape)
        when = jnp.broadcast_to(moments[None, :], values.shape)

        def denoise(x: jax.Array, t: jax.Array) -> jax.Array:
            return self.denoised(level("cosine", t), x, self.network.apply(params, points(x, values, when, where), t))

        grid = jnp.linspace(FIRST, 1.0, self.spec.calls + 1)
        return jnp.where(where, values, descend_levels(denoise, start, "cosine", grid))

    def generate(self, state: State, key: jax.Array, count: int, times: jax.Array) -> jax.Array:
        nothing = jnp.zeros((count, times.shape[0]))
        return self.follow(state.params, key, nothing, times, jnp.zeros(times.shape, bool))

    def impute(self, state: State, key: jax.Array, values: jax.Array, times: jax.Array, known: jax.Array) -> jax.Array:
        return self.follow(state.params, key, values, times, known)


def points(noisy: jax.Array, values: jax.Array, moments: jax.Array, known: jax.Array) -> jax.Array:
    """What the network is told of every point, [n, m, POINT]: noisy or known value, which of the two, and its time."""
    hidden = jnp.where(known, 0.0, noisy)
    shown = jnp.where(known, values, 0.0)
    flag = known.astype(noisy.dtype)
    return jnp.concatenate([jnp.stack([hidden, shown, flag], -1), time_features(moments)], -1)
