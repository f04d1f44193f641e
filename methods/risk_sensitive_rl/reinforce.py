"""Policy gradient for the mean total, with a softmax over actions and exact gradients.

**Source**: Williams, "Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning", 1992,
https://doi.org/10.1007/BF00992696 (from memory).

    theta <- theta + lr grad_theta sum_s v(s)        v(s) = E [r + v(s1)], a ~ softmax(theta(s))

**Differs from the paper**: 1. the expected gradient in place of sampled ones. 2. the start is uniform over all steps
and states.

**Shapes**: n instances, H steps, S states, A actions, E thresholds.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.mdp import finite_value
from toybench.methods.risk_sensitive_rl._gradients import policy_shape
from toybench.tasks.risk_sensitive_rl import UNIT


class State(NamedTuple):
    """Logits [n, H, S, A]."""

    params: jax.Array


class Reinforce(Method):
    """Blind to risk."""

    lr: float = 10.0  # step along the gradient, above 0

    deterministic = True
    space = {"lr": (0.1, 0.3, 1.0, 3.0, 6.0, 10.0, 30.0, 100.0, 300.0)}

    def init(self, key: jax.Array) -> State:
        return State(params=jnp.zeros((self.spec.instances, self.spec.steps, self.spec.states, self.spec.actions)))

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        def total(logits: jax.Array) -> jax.Array:
            rewards = UNIT * self.given.units.astype(jnp.float32)
            return jax.vmap(finite_value)(self.given.transitions, rewards, jax.nn.softmax(logits, axis=-1)).sum()

        return State(params=state.params + self.lr * jax.grad(total)(state.params))

    def thresholds(self, state: State) -> jax.Array:
        """Its actions, and always the lowest threshold, below which no reward falls."""
        actions = jax.nn.softmax(state.params, axis=-1)[:, :, :, None, :, None]
        lowest = jax.nn.one_hot(0, self.spec.thresholds)
        return jnp.broadcast_to(actions * lowest[None, None, None, None, None], policy_shape(self.spec))
