"""Maximum likelihood that keeps the parameters which were best on a held-out part of its samples.

**Source**: a control, none: early stopping, the usual remedy for overfitting.

    L = -mean over kept n of log q(x_n);    answer: params at the step of the least loss on the held-out part

**Differs from the paper**: nothing; it is a control.

**Shapes**: n points, d coordinates, m training samples.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.affine_flow import Couplings
from toybench.methods.normalizing_flows._flow import (
    RATES,
    clipped_adam,
    flow_log_prob,
    needs_samples,
    negative_log_likelihood,
    push,
    start_flow,
)
from toybench.tasks.normalizing_flows import Batch, Spec


class State(NamedTuple):
    """The flow that is trained, the best one so far with its held-out loss, and the optimiser's state."""

    params: Couplings
    best: Couplings
    least: jax.Array
    adam: optax.OptState


class EarlyStoppedLikelihood(Method):
    """The first samples of the training set are held out."""

    lr: float = 0.004  # learning rate, decays to 0 by a cosine
    held_out: int = 400  # training samples that no gradient sees; a fifth of the 2000 that the task has

    space = {"lr": RATES}

    def fits(self, spec: Spec) -> str | None:
        return needs_samples(spec)

    def init(self, key: jax.Array) -> State:
        params = start_flow(key, self.spec)
        adam = clipped_adam(self.lr, self.steps).init(params)
        return State(params=params, best=params, least=jnp.full((), jnp.inf), adam=adam)

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        kept = batch.row >= self.held_out

        def loss(flow: Couplings) -> jax.Array:
            total = jnp.sum(jnp.where(kept, flow_log_prob(flow, batch.x), 0.0))
            return -total / jnp.maximum(jnp.sum(kept.astype(jnp.float32)), 1)

        optimizer = clipped_adam(self.lr, self.steps)
        params, adam = optim.descend(optimizer, jax.grad(loss)(state.params), state.adam, state.params)
        found = negative_log_likelihood(params, self.given[: self.held_out])
        better = found < state.least
        best = jax.tree.map(lambda new, old: jnp.where(better, new, old), params, state.best)
        return State(params=params, best=best, least=jnp.minimum(found, state.least), adam=adam)

    def log_prob(self, state: State, x: jax.Array) -> jax.Array:
        return flow_log_prob(state.best, x)

    def sample(self, state: State, key: jax.Array, count: int) -> jax.Array:
        return push(state.best, jax.random.normal(key, (count, self.spec.dims)))[0]
