"""Goal-conditioned Q-learning with relabelled goals: bootstraps through states that several pieces visit.

**Source**: Andrychowicz et al., "Hindsight Experience Replay", 2017, https://arxiv.org/abs/1707.01495, sections 3 and
4, with Q-learning as its base (from memory).

    Q(s, a, g) <- 1 where s1 = g, else discount max_a' Q^(s1, a', g),   a' among the actions that the data have in s1

**Differs from the paper**: 1. half of the goals are states of another piece, as in later work on offline data. 2. A
table instead of a network. 3. No exploration: so the maximum is over actions of the data, as in batch-constrained
Q-learning; a network that took it over all actions solved 1 % of the pairs in a pilot.

**Shapes**: b pieces, S states, G goals, A actions.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import uniforms
from toybench.blocks.rl import track
from toybench.methods.goal_reaching._goals import (
    RATES,
    Examples,
    State,
    begin,
    descend,
    entry,
    mixed,
    table,
)
from toybench.tasks.goal_reaching import Pieces


class GoalQ(Method):
    """A table of action values and its slow copy."""

    lr: float = 0.01  # learning rate of Adam, above 0
    rate: float = 0.1  # of the slow copy a step, 0 to 1

    deterministic = True
    space = {"lr": RATES, "rate": (0.03, 0.1, 0.3)}

    def init(self, key: jax.Array) -> State:
        blank = table(self.spec, self.spec.actions)
        return begin({"q": blank}, blank, self.lr, self.steps)

    def known(self) -> jax.Array:
        """Whether the data have an action in a state, bool [S, A]."""
        blank = jnp.zeros((self.spec.states, self.spec.actions), bool)
        return blank.at[self.given.s[:, :-1], self.given.a].set(True)

    def loss(self, params: Any, target: Any, moves: Examples) -> jax.Array:
        """Mean squared error to the bootstrapped target."""
        allowed = self.known()[moves.s1]
        best = jnp.where(allowed, target[moves.s1, moves.g], 0.0).max(-1)
        goal = moves.reached + (1 - moves.reached) * self.spec.discount * best
        error = entry(params["q"], moves) - jax.lax.stop_gradient(goal)
        return (error**2).mean()

    def update(self, state: State, batch: Pieces, key: jax.Array) -> State:
        moves = mixed(batch, uniforms(key, u=(len(batch.s), 4))["u"])
        gradient = jax.grad(self.loss)(state.params, state.target, moves)
        state = descend(state, gradient, self.lr, self.steps)
        return state._replace(target=track(state.target, state.params["q"], self.rate))

    def goal_policy(self, state: State) -> jax.Array:
        return jnp.where(self.known()[:, None, :], state.params["q"], -jnp.inf)
