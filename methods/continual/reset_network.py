"""A new network for every task: full plasticity, bought with the knowledge of when tasks begin.

**Source**: reference of the plasticity literature, for instance Lyle et al., "Understanding Plasticity in Neural
Networks", 2023, https://arxiv.org/abs/2303.01486 (resetting).

    at the start of a task w <- a fresh draw;   w <- w - lr g

**Differs from the paper**: nothing.

**Shapes**: b examples, d inputs, c classes.
"""

from typing import Any

import jax

from toybench.methods.continual._plasticity import OnlineNetwork, State, descend
from toybench.tasks.continual import Shown


class ResetNetwork(OnlineNetwork):
    """Sees the flag that a task begins; the others don't look."""

    space = {"lr": (0.03, 0.1, 0.2, 0.3)}

    def update(self, state: State, batch: Shown, key: jax.Array) -> State:
        params = jax.lax.cond(batch.start, lambda: self.fresh(key), lambda: state.params)
        return super().update(State(params=params, memory=()), batch, key)

    def learn(self, state: State, grads: Any, hidden: tuple, batch: Shown, key: jax.Array) -> State:
        return State(params=descend(state.params, grads, self.lr), memory=())
