"""What both neural flow diffusion models share: a learned noising process, the drifts that it implies, and its bound.

u = 1 - t is the authors' time: data at 0, noise at 1. Shapes: b points of a batch, n points, s steps.
"""

import abc
import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.diffusion import Field
from toybench.blocks.random import normals

DIMS = 2
WIDTH = 64  # of the predictor's three hidden layers, as for every method of the study
NOISING_WIDTHS = (32, 32)
VOLATILITY_WIDTHS = (16,)
LOG_CLEAN = math.log(0.01)  # of the noise that is left at the data; the authors' value
HOLD = 0.01  # what the predictor's network still weighs at the data; the authors' value
BOUND_TIMES = 100  # strata of the time in the bound
BOUND_DRAWS = 10  # noises in each


class State(NamedTuple):
    """Parameters {predictor, noising, volatility} and Adam's moments."""

    params: dict[str, Any]
    opt: Any


class Noising(NamedTuple):
    """Mean and scale of the noised data [n, 2], and their derivatives by u."""

    mean: jax.Array
    scale: jax.Array
    d_mean: jax.Array
    d_scale: jax.Array


class NeuralFlow(Method):
    """A learned noising process and a predictor of the data. A subclass says what is descended."""

    lr: float = 0.004  # Adam's learning rate at the start

    @abc.abstractmethod
    def shift(self, params: Any, x: jax.Array, u: jax.Array) -> jax.Array:
        """What the process adds to mean and log-scale [n, 4], before it is made to vanish at both ends."""

    @abc.abstractmethod
    def loss(self, params: Any, points: jax.Array, key: jax.Array) -> jax.Array:
        """What is descended: a number for a batch of data [b, 2]."""

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        keys = jax.random.split(key, 3)
        point = jnp.zeros((1, DIMS))
        params = {
            "predictor": nn.init(predictor(), keys[0], point, jnp.zeros(1)),
            "noising": nn.init(noising_network(), keys[1], point, jnp.zeros(1)),
            "volatility": nn.init(volatility_network(), keys[2], point[:, :0], jnp.zeros(1)),
        }
        return State(params=params, opt=self.optimizer.init(params))

    def update(self, state: State, batch: jax.Array, key: jax.Array) -> State:
        gradients = jax.grad(self.loss)(state.params, batch, key)
        params, opt = optim.descend(self.optimizer, gradients, state.opt, state.params)
        return State(params=params, opt=opt)

    def noising(self, params: Any, x: jax.Array, u: jax.Array) -> Noising:
        """The process at data [n, 2] and times u [n]."""

        def at(u: jax.Array) -> tuple[jax.Array, jax.Array]:
            inner = (u * (1 - u))[:, None] * self.shift(params, x, u)
            away = (1 - u)[:, None]
            return away * x + inner[:, :DIMS], jnp.exp(away * LOG_CLEAN + inner[:, DIMS:])

        here, slope = jax.jvp(at, (u,), (jnp.ones_like(u),))
        return Noising(mean=here[0], scale=here[1], d_mean=slope[0], d_scale=slope[1])

    def flow(self, params: Any, z: jax.Array, u: jax.Array) -> jax.Array:
        """Generative field dz/du [n, 2] without noise: the process' own, at the predicted data."""
        return drift(self.noising(params, predict(params, z, u), u), z, jnp.zeros((1, 1)))

    def bound_terms(self, params: Any, x: jax.Array, noise: jax.Array, u: jax.Array) -> jax.Array:
        """|drift at the data - drift at the predicted data|^2 / (2 g^2), [n], for the noise [n, 2] and times u [n]."""
        process = self.noising(params, x, u)
        z = process.mean + process.scale * noise
        square = volatility(params, u)[:, None] ** 2
        guessed = self.noising(params, predict(params, z, u), u)
        gap = drift(process, z, square) - drift(guessed, z, square)
        return (gap**2 / (2 * square)).sum(-1)

    def generate(self, state: State, start: jax.Array, key: jax.Array, calls: int) -> jax.Array:
        times = 1 - jnp.arange(calls) / calls

        def step(z: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
            z = z - self.flow(state.params, z, jnp.full(z.shape[0], u)) / calls
            return z, z

        _, path = jax.lax.scan(step, start, times)
        return jnp.concatenate([start[None], path])

    def corrupt(self, state: State, points: jax.Array, noise: jax.Array, calls: int) -> jax.Array:
        def at(u: jax.Array) -> jax.Array:
            process = self.noising(state.params, points, jnp.full(points.shape[0], u))
            return process.mean + process.scale * noise

        return jax.lax.map(at, 1 - jnp.arange(calls + 1) / calls)

    def nats(self, state: State, x: jax.Array, key: jax.Array) -> jax.Array:
        """The bound: its integral over u in strata, and the reconstruction from the cleanest copy."""
        drawn = normals(key, noise=(BOUND_TIMES, BOUND_DRAWS, *x.shape), place=(BOUND_TIMES,))
        strata = (jnp.arange(float(BOUND_TIMES)) + jax.scipy.stats.norm.cdf(drawn["place"])) / BOUND_TIMES
        many = jnp.tile(x, (BOUND_DRAWS, 1))

        def at_time(total: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
            u, noise = now
            terms = self.bound_terms(state.params, many, noise.reshape(-1, DIMS), jnp.full(len(many), u))
            return total + terms.reshape(BOUND_DRAWS, -1).mean(0) / BOUND_TIMES, None

        integral, _ = jax.lax.scan(at_time, jnp.zeros_like(x[:, 0]), (strata, drawn["noise"]))
        return integral + DIMS * (LOG_CLEAN + 0.5 * math.log(2 * math.pi) + 0.5)

    def is_bound(self, state: State) -> jax.Array:
        return jnp.ones(())


def predictor() -> Field:
    """Data from a noised point and its time."""
    return Field(widths=(WIDTH, WIDTH, WIDTH), dims=DIMS)


def noising_network() -> Field:
    """What the process adds to the mean and to the log-scale, from a datum and a time."""
    return Field(widths=NOISING_WIDTHS, dims=2 * DIMS)


def volatility_network() -> Field:
    """One number from a time."""
    return Field(widths=VOLATILITY_WIDTHS, dims=1)


def predict(params: Any, z: jax.Array, u: jax.Array) -> jax.Array:
    """Predicted data [n, 2]; near the data (u = 0) the point itself."""
    raw = predictor().apply(params["predictor"], z, u)
    return (1 - u)[:, None] * z + (u + HOLD)[:, None] * raw


def volatility(params: Any, u: jax.Array) -> jax.Array:
    """g(u), above 0, [n]."""
    return jax.nn.softplus(volatility_network().apply(params["volatility"], jnp.zeros((u.shape[0], 0)), u)[:, 0])


def drift(process: Noising, z: jax.Array, square: jax.Array) -> jax.Array:
    """Drift [n, 2] of the reverse process at z, for squared volatilities [n, 1]; where they are 0, of the flow.

    dF/du - g^2/2 score, at the noise that takes the data to z.
    """
    noise = (z - process.mean) / process.scale
    return process.d_mean + process.d_scale * noise + 0.5 * square * noise / process.scale


def uniform_times(key: jax.Array, count: int) -> tuple[jax.Array, jax.Array]:
    """Times u [b], uniform on [0, 1], and noise [b, 2], of one draw."""
    drawn = normals(key, noise=(count, DIMS), time=(count,))
    return jax.scipy.stats.norm.cdf(drawn["time"]), drawn["noise"]
