"""Marginal tail-adaptive flow: every coordinate's base has the tail that was estimated for it.

**Source**: Laszkiewicz, Lederer and Fischer, "Marginal Tail-Adaptive Normalizing Flows", 2022,
https://arxiv.org/abs/2206.10311, read in the authors' code: `norm_tDist` in `utils/distributions.py`, `TailLU` in
`utils/tail_permutation.py`, `get_tails` and `MAF.config` in `utils/flows.py`.

    L = -mean_n [sum_{i light} log N(z_ni) + sum_{i heavy} log t_{nu_i}(z_ni) + log |det dz/dx|],    z = T^-1(x)

Coordinate i is heavy where its estimated nu_i is below 10; these nu start there and are learned. A light coordinate
depends on light ones alone, through all layers, so that no heavy tail leaks into it.

**Differs from the paper**: 1. affine couplings whose hidden units are split between the groups, in place of masked
autoregressive layers between block-triangular linear ones. 2. Tails by the moment estimator at a fixed share, on the
training set; the authors choose the share by a double bootstrap, on a validation set. 3. nu stays above 0.5.

**Shapes**: n points, d coordinates, m training samples, k of them in a tail.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.affine_flow import Couplings, digit_masks, transform
from toybench.blocks.random import normals, uniforms
from toybench.methods.normalizing_flows._flow import (
    RATES,
    clipped_adam,
    needs_samples,
    start_flow,
    student_draws,
    student_log_prob,
)
from toybench.tasks.normalizing_flows import LAYERS, Batch, Spec

LEAST = 0.5  # degrees of freedom; no learned tail is heavier
LIGHT = 10.0  # estimated degrees of freedom from which a coordinate counts as light; the authors' value


class Params(NamedTuple):
    """The flow, and the degrees of freedom [d]; those of light coordinates aren't used."""

    flow: Couplings
    freedom: jax.Array


class State(NamedTuple):
    """Parameters, which coordinates are heavy (int32 [d], 1 or 0), and the states of the two optimisers."""

    params: Params
    heavy: jax.Array
    adam: optax.OptState
    adam_freedom: optax.OptState


class MTAF(Method):
    """Tails of the base as in the data, one by one."""

    lr: float = 0.004  # learning rate of the flow, decays to 0 by a cosine
    lr_freedom: float = 0.005  # of nu; the authors' value, and 0 in their mTAF(fix)
    tail: int = 400  # largest |x| that tails are estimated from, a twentieth of the training set

    paper = "laszkiewicz2022marginal"
    space = {"lr": (*RATES[1:], 0.128)}

    def fits(self, spec: Spec) -> str | None:
        return needs_samples(spec)

    def init(self, key: jax.Array) -> State:
        index = tail_index(self.given, self.tail)
        freedom = jnp.minimum(1 / jnp.maximum(index, 1e-6), LIGHT)
        params = Params(flow=start_flow(key, self.spec), freedom=freedom)
        return State(
            params=params,
            heavy=(freedom < LIGHT).astype(jnp.int32),
            adam=clipped_adam(self.lr, self.steps).init(params.flow),
            adam_freedom=optim.adam(self.lr_freedom, self.steps).init(params.freedom),
        )

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        def loss(params: Params) -> jax.Array:
            return -jnp.mean(log_density(params, state.heavy, batch.x))

        gradient = jax.grad(loss)(state.params)
        slow = optim.adam(self.lr_freedom, self.steps)
        flow, adam = optim.descend(clipped_adam(self.lr, self.steps), gradient.flow, state.adam, state.params.flow)
        freedom, adam_freedom = optim.descend(slow, gradient.freedom, state.adam_freedom, state.params.freedom)
        params = Params(flow=flow, freedom=freedom)
        return State(params=params, heavy=state.heavy, adam=adam, adam_freedom=adam_freedom)

    def log_prob(self, state: State, x: jax.Array) -> jax.Array:
        return log_density(state.params, state.heavy, x)

    def sample(self, state: State, key: jax.Array, count: int) -> jax.Array:
        for_light, for_heavy = jax.random.split(key)
        shape = (count, self.spec.dims)
        numbers = uniforms(for_heavy, radius=shape, angle=shape)
        heavy = student_draws(bounded(state.params.freedom), numbers["radius"], numbers["angle"])
        z = jnp.where(state.heavy[None, :] == 1, heavy, normals(for_light, z=shape)["z"])
        return transform(state.params.flow, digit_masks(LAYERS, self.spec.dims), z, groups=state.heavy)[0]


def bounded(freedom: jax.Array) -> jax.Array:
    """Degrees of freedom [1, d] that are used."""
    return jnp.maximum(freedom, LEAST)[None, :]


def log_density(params: Params, heavy: jax.Array, x: jax.Array) -> jax.Array:
    """Log-density [n] at points [n, d]."""
    z, volume = transform(params.flow, digit_masks(LAYERS, x.shape[1]), x, inverse=True, groups=heavy)
    normal = -0.5 * (z**2 + jnp.log(2 * jnp.pi))
    student = student_log_prob(z, bounded(params.freedom))
    return jnp.sum(jnp.where(heavy[None, :] == 1, student, normal), axis=1) + volume


def tail_index(samples: jax.Array, tail: int) -> jax.Array:
    """Moment estimates [d] (Dekkers, Einmahl and de Haan 1989) of 1 / nu from the largest |x| of samples [m, d]."""
    top = jnp.sort(jnp.abs(samples), axis=0)[::-1][: tail + 1]
    above = jnp.log(top[:-1] / top[-1:])
    first = above.mean(0)
    second = (above**2).mean(0)
    return first + 1 - 0.5 / (1 - first**2 / second)
