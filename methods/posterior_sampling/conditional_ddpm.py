"""Conditional denoising diffusion with a schedule that is chosen by hand: linear, cosine or sigmoid.

**Source**: Saharia et al., "Image Super-Resolution via Iterative Refinement", 2021, https://arxiv.org/abs/2104.07636,
section 2 (the measurement is an input of the network, and so is gamma); the schedules: Ho et al. (2020), Nichol and
Dhariwal (2021), and Jabri et al. (2022), https://arxiv.org/abs/2212.11972, algorithm 1 (sigmoid from -3 to 3).

    linear    gamma = exp(-(0.1 t + 9.95 t^2))          cosine    gamma = cos(pi t / 2)^2
    sigmoid   gamma = (s(3) - s(6 t - 3)) / (s(3) - s(-3))

**Differs from the paper**: 1. 8 dimensions, a small network. 2. continuous times, sampled at uniform ones; denoised
points are clipped to [-4, 4].

**Shapes**: b pairs, n samples, d dimensions, m numbers of a measurement, s steps.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import diffusion, optim
from toybench.methods.posterior_sampling import _amortised as amortised
from toybench.tasks.posterior_sampling import Calls, Pairs

EDGE = 3.0  # where the sigmoid schedule starts and ends


class State(NamedTuple):
    """Parameters of the noise predictor and of Adam."""

    params: Any
    moments: optax.OptState


class ConditionalDDPM(Method):
    """Schedule fixed beforehand."""

    lr: float = 0.004  # Adam's peak learning rate, above 0
    schedule: str = "cosine"  # `linear`, `cosine` or `sigmoid`

    space = {"lr": (0.004, 0.008, 0.016, 0.032, 0.064, 0.128)}

    def gamma(self, time: jax.Array) -> jax.Array:
        """The signal's share at times from data (0) to noise (1)."""
        if self.schedule == "sigmoid":
            top = jax.nn.sigmoid(EDGE)
            share = (top - jax.nn.sigmoid(2 * EDGE * time - EDGE)) / (2 * top - 1)
        else:
            path = {"linear": "vp", "cosine": "cosine"}[self.schedule]
            share = diffusion.level(path, 1 - time).alpha ** 2
        return jnp.clip(share, amortised.LOWEST, amortised.HIGHEST)

    def init(self, key: jax.Array) -> State:
        params = amortised.start(self.spec, key)
        return State(params=params, moments=self.optimiser().init(params))

    def optimiser(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def update(self, state: State, batch: Pairs, key: jax.Array) -> State:
        drawn = amortised.draws(key, *batch.x.shape)
        gamma = self.gamma(drawn.time)[:, None]

        def loss(params: Any) -> jax.Array:
            return amortised.denoising_loss(self.spec, params, batch.x, batch.y, gamma, drawn.noise)

        params, moments = optim.descend(self.optimiser(), jax.grad(loss)(state.params), state.moments, state.params)
        return State(params=params, moments=moments)

    def sample(self, state: State, y: jax.Array, key: jax.Array, count: int) -> jax.Array:
        calls = self.spec.calls
        gammas = self.gamma(1 - jnp.arange(calls, dtype=jnp.float32) / calls)
        levels = jnp.broadcast_to(gammas[:, None], (calls, self.spec.dims))
        return amortised.descend(self.spec, state.params, y, levels, key, count)

    def calls(self, state: State) -> Calls:
        return Calls(network=jnp.asarray(float(self.spec.calls)), vjp=jnp.zeros(()))
