"""Equal risks in environments that were drawn at random: HEI's control without inference.

**Source**: the penalty of Krueger et al., "Out-of-Distribution Generalization via Risk Extrapolation (REx)", 2021,
https://arxiv.org/abs/2003.00688, equation 8, from memory, on environments as in Yang et al., "Leveraging Invariant
Principle for Heterophilic Graph Structure Distribution Shifts", 2024, https://arxiv.org/abs/2408.09490.

    (risk + weight sum_k (r_k - mean r)^2) / (1 + weight) after `warm` steps,    r_k = mean_v [v in k] loss_v

**Differs from the paper**: 1. Four environments, each node in one of them by a draw at the start. 2. H2GCN is the
classifier.

**Shapes**: n nodes, k environments.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.blocks.graphs import HIDDEN
from toybench.methods.node_classification._nodes import (
    RATES,
    EgoNeighbours,
    Inputs,
    Params,
    adamw,
    losses,
    rings,
    start,
)

ENVIRONMENTS = 4  # as many as HEI has


class State(NamedTuple):
    """The classifier, its optimiser, what is read once, who is in which environment [n, k], and steps taken."""

    params: Params
    inputs: Inputs
    member: jax.Array
    adam: optax.OptState
    taken: jax.Array


class RandomEnvironments(Method):
    """The penalty without anything to be invariant to."""

    lr: float = 0.01  # learning rate, above 0; decays to 0 by a cosine
    decay: float = 1.0  # decoupled weight decay, 0 and above
    weight: float = 10.0  # of the penalty, 0 and above
    warm: int = 25  # first steps without it

    space = {"lr": RATES, "weight": (0.1, 1.0, 10.0, 10000.0)}

    def init(self, key: jax.Array) -> State:
        a, b = jax.random.split(key)
        inputs = rings(self.given)
        params = start(EgoNeighbours(self.spec), a, inputs)
        drawn = jax.random.randint(b, (self.spec.nodes,), 0, ENVIRONMENTS)
        return State(
            params=params,
            inputs=inputs,
            member=jax.nn.one_hot(drawn, ENVIRONMENTS),
            adam=adamw(self.lr, self.decay, self.steps).init(params),
            taken=jnp.zeros((), jnp.int32),
        )

    def update(self, state: State, batch: Any, key: jax.Array) -> State:
        gradient = jax.grad(self.loss)(state.params, state)
        rule = adamw(self.lr, self.decay, self.steps)
        params, adam = optim.descend(rule, gradient, state.adam, state.params)
        return state._replace(params=params, adam=adam, taken=state.taken + 1)

    def loss(self, params: Params, state: State) -> jax.Array:
        """The risk, then the penalised one."""
        each = losses(EgoNeighbours(self.spec).apply(params, *state.inputs), self.given.y)
        shares = each @ state.member / (self.given.y != HIDDEN).astype(each.dtype).sum()
        penalty = ((shares - shares.mean()) ** 2).sum()
        penalised = (shares.sum() + self.weight * penalty) / (1 + self.weight)
        return jnp.where(state.taken < self.warm, shares.sum(), penalised)

    def node_scores(self, state: State) -> jax.Array:
        return EgoNeighbours(self.spec).apply(state.params, *state.inputs)
