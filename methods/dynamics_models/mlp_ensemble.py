"""Several networks that answer with the next state; their spread says how sure they are.

**Source**: control; Lakshminarayanan, Pritzel and Blundell, "Simple and Scalable Predictive Uncertainty Estimation
using Deep Ensembles", 2017, https://arxiv.org/abs/1612.01474 (from memory), without their variances.

    answer = mean_k f_k(context),  plausibility(y) = - mean_k |y - f_k(context)|^2

**Differs from the paper**: 1. means alone. 2. All members see the same batches.

**Shapes**: b contexts, k members.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.dynamics_models._trained import RATES, WIDTHS, State, Trained, blank, flat, smooth_l1
from toybench.tasks.dynamics_models import Contexts, Moves, squared_error


class MLPEnsemble(Trained):
    """The mean of the members."""

    members: int = 5  # networks, at least 1

    space = {"lr": RATES}

    @property
    def network(self) -> nn.MLP:
        return nn.MLP((*WIDTHS, self.spec.size), jax.nn.silu)

    def start(self, key: jax.Array) -> Any:
        empty = blank(self.spec.states, self.spec.size)
        return jax.vmap(lambda each: nn.init(self.network, each, empty))(jax.random.split(key, self.members))

    def answers(self, params: Any, contexts: Contexts) -> jax.Array:
        """What each member says, [k, b, 2]."""
        return jax.vmap(self.network.apply, in_axes=(0, None))(params, flat(contexts))

    def loss(self, params: Any, moves: Moves, key: jax.Array) -> jax.Array:
        truth = jnp.broadcast_to(moves.after[None], (self.members, *moves.after.shape))
        return self.members * smooth_l1(self.answers(params, moves.contexts), truth)

    def next(self, state: State, contexts: Contexts, key: jax.Array) -> jax.Array:
        return self.answers(state.params, contexts).mean(0)

    def plausibility(self, state: State, contexts: Contexts, after: jax.Array) -> jax.Array:
        return -squared_error(self.answers(state.params, contexts), after[None]).mean(0)
