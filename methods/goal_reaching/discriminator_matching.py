"""Occupancy matching in two stages: a discriminator of moves that enter their goal, and its log ratio as a reward.

**Source**: the family that SMORE argues against, as in Ma, Yan, Jayaraman and Bastani, "How Far I'll Go: Offline
Goal-Conditioned Reinforcement Learning via f-Advantage Regression" (GoFAR), 2022, https://arxiv.org/abs/2206.03023
(from memory); goal transitions as in SMORE's code, `HER_goal_entry_distribution` in `dataset_utils.py`.

    max_D  E_goal[log D(s, a, g)] + E_data[log(1 - D(s, a, g))];   r = log D - log(1 - D)
    then implicit Q-learning with reward (1 - discount) r

**Differs from the paper**: 1. the discriminator sees moves instead of states, as the goal transitions of SMORE are
moves. 2. Implicit Q-learning, as in `goal_iql`, instead of GoFAR's dual. 3. Both stages learn at once. 4. r is clipped
at +-5. 5. Tables but for the policy.

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
    everywhere,
    implicit_losses,
    later,
    mixed,
    next_value,
    start,
    table,
    with_goals,
)
from toybench.tasks.goal_reaching import Pieces

RANGE = 5.0  # of the log ratio: its optimum is -infinity on moves that never enter their goal


class DiscriminatorMatching(Method):
    """Tables of a discriminator's logits, action values and values, a network of a policy."""

    lr: float = 0.01  # learning rate of Adam, above 0
    tau: float = 0.8  # the expectile, 0.5 to 1
    temperature: float = 1.0  # of the weights, above 0
    rate: float = 0.1  # of the slow copy a step, 0 to 1

    space = {"lr": RATES, "temperature": (0.1, 0.3, 1.0, 3.0, 10.0)}

    def init(self, key: jax.Array) -> State:
        blank = table(self.spec, self.spec.actions)
        tables = {"d": blank, "q": blank, "value": table(self.spec, 1)}
        params = tables | start(key, self.spec, {"policy": self.spec.actions})
        return begin(params, blank, self.lr, self.steps)

    def losses(self, params: Any, moves: Examples, entering: Examples) -> jax.Array:
        """Of the discriminator and of the action values."""
        inside = entry(params["d"], moves)
        goal = entry(params["d"], entering)
        discriminate = (jax.nn.softplus(-goal) + jax.nn.softplus(inside)).mean()
        reward = jnp.clip(jax.lax.stop_gradient(inside), -RANGE, RANGE)
        discount = self.spec.discount
        ahead = (1 - discount) * reward + discount * next_value(params, moves)
        error = entry(params["q"], moves) - ahead
        return discriminate + (error**2).mean()

    def update(self, state: State, batch: Pieces, key: jax.Array) -> State:
        drawn = uniforms(key, moves=(len(batch.s), 4), entering=(len(batch.s), 2))
        moves = mixed(batch, drawn["moves"])
        last = later(batch, drawn["entering"])
        entering = with_goals(last, last.s1)

        def loss(params: Any) -> jax.Array:
            implicit = implicit_losses(self.spec, params, state.target, moves, self.tau, self.temperature)
            return self.losses(params, moves, entering) + implicit

        state = descend(state, jax.grad(loss)(state.params), self.lr, self.steps)
        return state._replace(target=track(state.target, state.params["q"], self.rate))

    def goal_policy(self, state: State) -> jax.Array:
        return everywhere(self.spec, state.params["policy"])
