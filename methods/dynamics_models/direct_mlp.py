"""A network that answers with the next state.

**Source**: the baseline of Gladstone et al., "Cognitively Inspired Energy-Based World Models", 2024,
https://arxiv.org/abs/2406.08862, which predicts the next state in one pass.

    min E smooth_l1(f(context), next state)

**Differs from the paper**: 1. hidden layers on the flattened context instead of a transformer on frames' features.
2. Plausibility is nearness to its answer.

**Shapes**: b contexts, c states in a context.
"""

from typing import Any

import jax

from toybench.blocks import nn
from toybench.methods.dynamics_models._trained import RATES, WIDTHS, State, Trained, blank, flat, smooth_l1
from toybench.tasks.dynamics_models import Contexts, Moves, squared_error


class DirectMLP(Trained):
    """One pass."""

    space = {"lr": RATES}

    @property
    def network(self) -> nn.MLP:
        return nn.MLP((*WIDTHS, self.spec.size), jax.nn.silu)

    def start(self, key: jax.Array) -> Any:
        return nn.init(self.network, key, blank(self.spec.states, self.spec.size))

    def loss(self, params: Any, moves: Moves, key: jax.Array) -> jax.Array:
        return smooth_l1(self.network.apply(params, flat(moves.contexts)), moves.after)

    def next(self, state: State, contexts: Contexts, key: jax.Array) -> jax.Array:
        return self.network.apply(state.params, flat(contexts))

    def plausibility(self, state: State, contexts: Contexts, after: jax.Array) -> jax.Array:
        return -squared_error(self.network.apply(state.params, flat(contexts)), after)
