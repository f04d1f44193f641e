"""What the study's methods share: a network, its training, ways between noise and data, and their likelihood.

Shapes: b points of a batch, n points, s steps. Time runs from noise (t = 0) to data (t = 1).
"""

import abc
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import diffusion, nn, optim
from toybench.blocks.random import normals

DIMS = 2
RATES = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032)  # six for every method without a knob of its own
FASTER_RATES = (0.002, 0.004, 0.008, 0.016, 0.032, 0.064)  # the same number, for methods that learn best at more
RK4_STEPS = 40  # of the likelihood's solver
CLEAN = {"vp": 0.99908, "cosine": 0.99363}  # where sigma is a hundredth of alpha
DIRTY = {"vp": 0.0, "cosine": 0.01}  # where noise predictors start: alpha is 0.0066 and 0.0157, not 0
BOUND_TIMES = 100  # strata of the time in a bound
BOUND_DRAWS = 10  # noises in each
SMALLEST = 1e-6  # keeps lengths of time above 0

Call = Callable[[jax.Array, jax.Array], jax.Array]  # points [n, 2] and times [] or [n] to [n, 2]


class State(NamedTuple):
    """Parameters and Adam's moments."""

    params: Any
    opt: Any


class Trained(Method):
    """Parameters that descend a loss by Adam, its rate decayed to 0 by a cosine. A subclass says which loss."""

    lr: float = 0.004  # Adam's learning rate at the start

    @abc.abstractmethod
    def begin(self, key: jax.Array) -> Any:
        """Parameters before the first batch."""

    @abc.abstractmethod
    def loss(self, params: Any, points: jax.Array, key: jax.Array) -> jax.Array:
        """What is descended: a number for a batch of data [b, 2]."""

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        params = self.begin(key)
        return State(params=params, opt=self.optimizer.init(params))

    def update(self, state: State, batch: jax.Array, key: jax.Array) -> State:
        gradients = jax.grad(self.loss)(state.params, batch, key)
        params, opt = optim.descend(self.optimizer, gradients, state.opt, state.params)
        return State(params=params, opt=opt)


def field(width: int = 64) -> diffusion.Field:
    """Three hidden layers over a point and its time."""
    return diffusion.Field(widths=(width, width, width), dims=DIMS)


def initial_field(key: jax.Array, width: int = 64) -> Any:
    """Parameters of such a network."""
    return nn.init(field(width), key, jnp.zeros((1, DIMS)), jnp.zeros(1))


def plain(outputs: int = DIMS, hidden: tuple[int, ...] = (64, 64, 64)) -> nn.MLP:
    """Three hidden layers over a point alone."""
    return nn.MLP(widths=(*hidden, outputs), activation=jax.nn.silu)


def times_and_noise(key: jax.Array, count: int) -> tuple[jax.Array, jax.Array]:
    """Times [b], uniform on [0, 1], and standard normal noise [b, 2], of one draw."""
    drawn = normals(key, noise=(count, DIMS), time=(count,))
    return jax.scipy.stats.norm.cdf(drawn["time"]), drawn["noise"]


def even_times(steps: int) -> jax.Array:
    """Ends of equal steps from noise to data [s + 1]."""
    return jnp.linspace(0.0, 1.0, steps + 1)


def walk_times(path: str, steps: int) -> jax.Array:
    """The same [s + 1] for a noise predictor, which can't say where the data are when alpha is 0."""
    return DIRTY[path] + (1 - DIRTY[path]) * even_times(steps)


def corrupt_along(path: str, points: jax.Array, noise: jax.Array, times: jax.Array) -> jax.Array:
    """Ways [s + 1, n, 2] of noised data along a path at these times [s + 1]."""
    at = diffusion.level(path, times[:, None, None])
    return diffusion.interpolate(at, points[None], noise[None])


def noise_loss(predict: Call, path: str, points: jax.Array, key: jax.Array) -> jax.Array:
    """Mean squared error of the predicted noise (Ho et al., 2020, eq. 14) at uniform times."""
    t, noise = times_and_noise(key, len(points))
    at = diffusion.level(path, t).columns()
    return ((predict(diffusion.interpolate(at, points, noise), t) - noise) ** 2).sum(-1).mean()


def within(predict: Call, path: str, reach: float) -> Call:
    """The predicted noise whose denoised point lies in [-reach, reach]^2, as clip_denoised does."""

    def clipped(x: jax.Array, t: jax.Array) -> jax.Array:
        at = diffusion.level(path, t)
        point = diffusion.denoised_from_noise(at, x, predict(x, t))
        return diffusion.noise_from_denoised(at, x, jnp.clip(point, -reach, reach))

    return clipped


def walk_back(predict: Call, path: str, start: jax.Array, key: jax.Array, calls: int, eta: int) -> jax.Array:
    """Ways [s + 1, n, 2] by a noise prediction: DDIM's, eta 0, or ancestral sampling's, eta 1."""
    draws = normals(key, fresh=(calls, *start.shape))["fresh"] if eta else None
    return diffusion.ddim(predict, start, walk_times(path, calls), path, float(eta), draws)


def flow_nats(velocity: Call, x: jax.Array) -> jax.Array:
    """Negative log-density [n] of points [n, 2] that a field carries out of standard normal noise.

    Runge-Kutta in s, t = 1 - s^2, along x and the divergence: near the data fields may grow as 1 / s.
    """
    unit = jnp.eye(DIMS, dtype=x.dtype)

    def slope(x: jax.Array, s: jax.Array) -> tuple[jax.Array, jax.Array]:
        there = 1 - s**2
        columns = [jax.jvp(lambda y: velocity(y, there), (x,), (jnp.broadcast_to(e, x.shape),)) for e in unit]
        divergence = sum(turned[:, i] for i, (_, turned) in enumerate(columns))
        return -2 * s * columns[0][0], -2 * s * divergence

    def step(carry: tuple[jax.Array, jax.Array], s: jax.Array) -> tuple[tuple[jax.Array, jax.Array], None]:
        x, gained = carry
        size = 1 / RK4_STEPS
        first = slope(x, s)
        second = slope(x + size / 2 * first[0], s + size / 2)
        third = slope(x + size / 2 * second[0], s + size / 2)
        fourth = slope(x + size * third[0], s + size)
        moves = [size / 6 * (a + 2 * b + 2 * c + d) for a, b, c, d in zip(first, second, third, fourth, strict=True)]
        return (x + moves[0], gained + moves[1]), None

    start = (x, jnp.zeros_like(x[:, 0]))
    end, _ = jax.lax.scan(step, start, jnp.arange(RK4_STEPS) / RK4_STEPS)
    return normal_nats(end[0]) - end[1]


def normal_nats(x: jax.Array) -> jax.Array:
    """Negative log-density [n] under the standard normal law."""
    return 0.5 * (x**2).sum(-1) + DIMS / 2 * math.log(2 * math.pi)


def diffusion_bound(predict: Call, path: str, x: jax.Array, key: jax.Array) -> jax.Array:
    """Upper bound [n] of the negative log-density in continuous time (Kingma et al., 2021, eq. 11 and 18).

    Prior + 1/2 int d log(SNR) E|noise - predicted|^2 + reconstruction where sigma is a hundredth of alpha; s with
    t = 1 - s^2 is drawn in strata.
    """
    drawn = normals(key, noise=(BOUND_TIMES, BOUND_DRAWS, *x.shape), place=(BOUND_TIMES,))
    low = math.sqrt(1 - CLEAN[path])
    high = math.sqrt(1 - DIRTY[path])
    strata = (jnp.arange(float(BOUND_TIMES)) + jax.scipy.stats.norm.cdf(drawn["place"])) / BOUND_TIMES

    def at_time(total: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
        s, noise = now
        at = diffusion.level(path, 1 - s**2)
        rate = 2 * (at.d_alpha / at.alpha - at.d_sigma / at.sigma)  # of the log signal-to-noise ratio
        z = diffusion.interpolate(at, x[None], noise)
        error = predict(z.reshape(-1, DIMS), 1 - s**2).reshape(noise.shape) - noise
        return total + 0.5 * rate * 2 * s * (high - low) / BOUND_TIMES * (error**2).sum(-1).mean(0), None

    integral, _ = jax.lax.scan(at_time, jnp.zeros_like(x[:, 0]), (low + (high - low) * strata, drawn["noise"]))
    noisiest = diffusion.level(path, jnp.asarray(DIRTY[path]))
    cleanest = diffusion.level(path, jnp.asarray(CLEAN[path]))
    return prior_gap(noisiest, x) + integral + reconstruction(cleanest.sigma / cleanest.alpha)


def prior_gap(at: diffusion.Level, x: jax.Array) -> jax.Array:
    """Divergence [n] from N(alpha x, sigma^2) to the standard normal law."""
    spread = at.sigma**2 - 1 - 2 * jnp.log(at.sigma)
    return 0.5 * (at.alpha**2 * (x**2).sum(-1) + DIMS * spread)


def reconstruction(ratio: jax.Array | float) -> jax.Array:
    """Mean nats of a point under a normal law round its own noised copy, of standard deviation `ratio`."""
    return DIMS * (jnp.log(ratio) + 0.5 * math.log(2 * math.pi) + 0.5)


def at_once(start: jax.Array, points: jax.Array) -> jax.Array:
    """The way of a generator without steps [2, n, 2]."""
    return jnp.stack([start, points])
