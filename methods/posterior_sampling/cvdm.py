"""Conditional variational diffusion: the schedule is learned with the network, from the measurement.

**Source**: Della Maggiora, Croquevielle, Deshpande, Horsley, Heinis and Yakimovich, "Conditional Variational Diffusion
Models", 2024, https://arxiv.org/abs/2312.02246, and the authors' code, `cvdm/diffusion_models/joint_model.py`,
`variance_model.py`, `time_model.py`, `utils/inference_utils.py`, `configs/biosr.yaml`.

    gamma(t, y) = exp(-l(y) T(t)),  beta(t, y) = l(y) S(t)        T, S: monotone networks of t, times t;  l: softplus
    loss = |eps - network|^2 + 2 [(gamma' + beta gamma)^2 + (gamma(1/N) - 1)^2 + gamma(1 - 1/N)^2]
           + 2 KL(N(0, 1), N(sqrt(gamma_1) x, 1 - gamma_1)) + 2 penalty gamma''^2
    sampling at gamma_i = prod_{j <= i} (1 - beta(j/N, y) / N)

**Differs from the paper**: 1. 8 dimensions, small networks, 32 units in T and S instead of 1024; weights below 0 are
set to 0 after a step, as there. 2. T starts near 10 t^2 and S near 20 t, a schedule from data to noise that agrees with
itself: there are 1500 steps to learn in. 3. N is the number of sampling steps, 20, instead of 200 to 1000;
denoised points are clipped to [-4, 4].

**Shapes**: b pairs, n samples, d dimensions, m numbers of a measurement, s steps, h units.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.random import normals
from toybench.methods.posterior_sampling import _amortised as amortised
from toybench.tasks.posterior_sampling import Calls, Pairs

UNITS = 32  # of a monotone network
START = 10.0  # T is this times t^2 at the start, S its derivative: l is about 0.7, so gamma ends at exp(-7)
LATEST = 0.99999  # last time that the schedule is asked about


class State(NamedTuple):
    """Parameters of the noise predictor and the schedule, and of Adam."""

    params: Any
    moments: optax.OptState


def monotone(params: dict, time: jax.Array) -> jax.Array:
    """A growing function [b] of times [b]: (line + sum of sigmoids) times t."""
    line = params["slope"] * time + params["shift"]
    units = jax.nn.sigmoid(line[:, None] * params["inner"][None, :] + params["bias"][None, :])
    return (line + units @ params["outer"]) * time


def monotone_start(noise: jax.Array, slope: float, shift: float) -> dict:
    """Its parameters, from standard normal noise [h]."""
    return {
        "slope": jnp.asarray(slope),
        "shift": jnp.asarray(shift),
        "inner": jnp.abs(noise),
        "bias": jnp.zeros(UNITS),
        "outer": jnp.zeros(UNITS),
    }


class CVDM(Method):
    """Schedule learned with the network."""

    lr: float = 0.004  # Adam's peak learning rate, above 0
    penalty: float = 0.001  # weight of the schedule's second derivative, 0.001 in the authors' configuration

    paper = "dellamaggiora2023conditional"
    space = {"lr": (0.004, 0.008, 0.016, 0.032, 0.064, 0.128)}

    def scale(self, params: Any, y: jax.Array) -> jax.Array:
        """l(y), [b, d], above 0."""
        return jax.nn.softplus(nn.MLP((UNITS, self.spec.dims)).apply(params["scale"], y))

    def gamma(self, params: Any, time: jax.Array, y: jax.Array) -> jax.Array:
        """The signal's share [b, d] at times [b]."""
        clipped = jnp.minimum(time, LATEST)
        share = jnp.exp(-self.scale(params, y) * monotone(params["integral"], clipped)[:, None])
        return jnp.clip(share, amortised.LOWEST, amortised.HIGHEST)

    def beta(self, params: Any, time: jax.Array, y: jax.Array) -> jax.Array:
        """The rate of noise [b, d] at times [b]."""
        return self.scale(params, y) * monotone(params["rate"], jnp.minimum(time, LATEST))[:, None]

    def init(self, key: jax.Array) -> State:
        a, b, c = jax.random.split(key, 3)
        noise = normals(b, integral=(UNITS,), rate=(UNITS,))
        params = {
            "noise": amortised.start(self.spec, a),
            "scale": nn.init(nn.MLP((UNITS, self.spec.dims)), c, jnp.zeros((1, self.spec.measured))),
            "integral": monotone_start(noise["integral"], slope=START, shift=0.0),
            "rate": monotone_start(noise["rate"], slope=0.0, shift=2 * START),
        }
        return State(params=params, moments=self.optimiser().init(params))

    def optimiser(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def schedule_loss(self, params: Any, x: jax.Array, y: jax.Array, time: jax.Array) -> jax.Array:
        """What ties gamma to beta, its ends to data and noise, and its second derivative to 0."""

        def gamma(time: jax.Array) -> jax.Array:
            return self.gamma(params, time, y)

        def slope(time: jax.Array) -> jax.Array:
            return jax.jvp(gamma, (time,), (jnp.ones_like(time),))[1]

        first, second = jax.jvp(slope, (time,), (jnp.ones_like(time),))
        near = gamma(jnp.full_like(time, 1 / self.spec.calls))
        far = gamma(jnp.full_like(time, 1 - 1 / self.spec.calls))
        tie = (first + self.beta(params, time, y) * gamma(time)) ** 2 + (near - 1) ** 2 + far**2
        left = 1 - far + 1e-7
        divergence = 0.5 * (-1 + jnp.log(left) + (1 + far * x**2) / left)
        return 2 * (tie + divergence + self.penalty * second**2).mean()

    def update(self, state: State, batch: Pairs, key: jax.Array) -> State:
        drawn = amortised.draws(key, *batch.x.shape)

        def loss(params: Any) -> jax.Array:
            gamma = self.gamma(params, drawn.time, batch.y)
            own = amortised.denoising_loss(self.spec, params["noise"], batch.x, batch.y, gamma, drawn.noise)
            return own + self.schedule_loss(params, batch.x, batch.y, drawn.time)

        params, moments = optim.descend(self.optimiser(), jax.grad(loss)(state.params), state.moments, state.params)
        for name in ("integral", "rate"):
            grown = {part: jnp.maximum(params[name][part], 0.0) for part in ("slope", "inner", "outer")}
            params = {**params, name: {**params[name], **grown}}
        return State(params=params, moments=moments)

    def levels(self, params: Any, y: jax.Array) -> jax.Array:
        """gamma [s, d] of the sampling steps, the noisiest first."""
        calls = self.spec.calls
        beta = self.beta(params, jnp.arange(calls, dtype=jnp.float32) / calls, jnp.broadcast_to(y, (calls, y.shape[0])))
        kept = jnp.clip(1 - beta / calls, amortised.LOWEST, amortised.HIGHEST)
        return jnp.cumprod(kept, axis=0)[::-1]

    def sample(self, state: State, y: jax.Array, key: jax.Array, count: int) -> jax.Array:
        levels = self.levels(state.params, y)
        return amortised.descend(self.spec, state.params["noise"], y, levels, key, count)

    def calls(self, state: State) -> Calls:
        return Calls(network=jnp.asarray(float(self.spec.calls)), vjp=jnp.zeros(()))
