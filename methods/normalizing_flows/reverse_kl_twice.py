"""Ordinary gradient of the reverse divergence, two updates where others take one: the price of a path gradient.

**Source**: a control, none: the baseline of Vaitl et al. (2024), https://arxiv.org/abs/2403.15881, with more steps.

    twice a step: params <- Adam(params, d/dparams mean_n [log q(T(z_n)) - log p(T(z_n))]), new z_n each time

**Differs from the paper**: nothing; it is a control.

**Shapes**: n points of the base, d coordinates.
"""

import jax

from toybench import Method
from toybench.blocks import optim
from toybench.methods.normalizing_flows._flow import (
    RATES,
    State,
    clipped_adam,
    flow_log_prob,
    needs_energy,
    push,
    reverse_divergence,
    start_flow,
)
from toybench.tasks.normalizing_flows import Batch, Spec


class ReverseKLTwice(Method):
    """As many passes through the flow as a path gradient takes, and as many points as two batches have."""

    lr: float = 0.008  # learning rate, decays to 0 by a cosine

    space = {"lr": RATES}

    def fits(self, spec: Spec) -> str | None:
        return needs_energy(spec)

    def init(self, key: jax.Array) -> State:
        params = start_flow(key, self.spec)
        return State(params=params, adam=clipped_adam(self.lr, 2 * self.steps).init(params))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        def step(state: State, noise: jax.Array) -> tuple[State, None]:
            gradient = jax.grad(reverse_divergence)(state.params, noise)
            optimizer = clipped_adam(self.lr, 2 * self.steps)
            params, adam = optim.descend(optimizer, gradient, state.adam, state.params)
            return State(params=params, adam=adam), None

        noise = jax.random.normal(key, (2, self.spec.batch, self.spec.dims))
        return jax.lax.scan(step, state, noise)[0]

    def log_prob(self, state: State, x: jax.Array) -> jax.Array:
        return flow_log_prob(state.params, x)

    def sample(self, state: State, key: jax.Array, count: int) -> jax.Array:
        return push(state.params, jax.random.normal(key, (count, self.spec.dims)))[0]
