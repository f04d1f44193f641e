"""Tail-adaptive flow: a base of Student distributions with one learned number of degrees of freedom for all.

**Source**: Jaini, Kobyzev, Yu and Brubaker, "Tails of Lipschitz Triangular Flows", 2020,
https://arxiv.org/abs/1907.04481, as the baseline "TAF" in the code of Laszkiewicz, Lederer and Fischer, "Marginal
Tail-Adaptive Normalizing Flows", 2022, https://arxiv.org/abs/2206.10311 (`tDist` in `utils/distributions.py`).

    L = -mean_n [sum_i log t_nu(z_ni) + log |det dz/dx|],    z = T^-1(x)

**Differs from the paper**: 1. affine couplings in place of masked autoregressive layers between linear ones. 2. The
logarithm of nu is learned, at a rate that is tuned: from the authors' start at 50, their rate of 0.005 for nu itself
would not bring it near 2 within a fifth of their steps.

**Shapes**: n points, d coordinates.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.affine_flow import Couplings
from toybench.blocks.random import uniforms
from toybench.methods.normalizing_flows._flow import (
    clipped_adam,
    pull,
    push,
    start_flow,
    student_draws,
    student_log_prob,
)
from toybench.tasks.normalizing_flows import Batch


class Params(NamedTuple):
    """The flow, and the logarithm of the degrees of freedom []."""

    flow: Couplings
    log_freedom: jax.Array


class State(NamedTuple):
    """Parameters, and the states of their two optimisers."""

    params: Params
    adam: optax.OptState
    adam_freedom: optax.OptState


class TAFShared(Method):
    """All tails are alike."""

    lr: float = 0.004  # learning rate of the flow, decays to 0 by a cosine
    lr_freedom: float = 0.08  # learning rate of log nu, decays to 0 by a cosine
    freedom: float = 50.0  # nu at the start, above 0; the authors' value

    space = {"lr": (0.004, 0.008, 0.016), "lr_freedom": (0.005, 0.02, 0.08)}

    def init(self, key: jax.Array) -> State:
        params = Params(flow=start_flow(key, self.spec), log_freedom=jnp.log(jnp.asarray(self.freedom, jnp.float32)))
        return State(
            params=params,
            adam=clipped_adam(self.lr, self.steps).init(params.flow),
            adam_freedom=optim.adam(self.lr_freedom, self.steps).init(params.log_freedom),
        )

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        gradient = jax.grad(lambda params: -jnp.mean(log_density(params, batch.x)))(state.params)
        slow = optim.adam(self.lr_freedom, self.steps)
        flow, adam = optim.descend(clipped_adam(self.lr, self.steps), gradient.flow, state.adam, state.params.flow)
        log_freedom, adam_freedom = optim.descend(
            slow, gradient.log_freedom, state.adam_freedom, state.params.log_freedom
        )
        return State(params=Params(flow=flow, log_freedom=log_freedom), adam=adam, adam_freedom=adam_freedom)

    def log_prob(self, state: State, x: jax.Array) -> jax.Array:
        return log_density(state.params, x)

    def sample(self, state: State, key: jax.Array, count: int) -> jax.Array:
        numbers = uniforms(key, radius=(count, self.spec.dims), angle=(count, self.spec.dims))
        z = student_draws(jnp.exp(state.params.log_freedom), numbers["radius"], numbers["angle"])
        return push(state.params.flow, z)[0]


def log_density(params: Params, x: jax.Array) -> jax.Array:
    """Log-density [n] at points [n, d]."""
    z, volume = pull(params.flow, x)
    return jnp.sum(student_log_prob(z, jnp.exp(params.log_freedom)), axis=1) + volume
