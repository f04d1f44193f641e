"""Goal-conditioned implicit Q-learning: values of the best moves of the data, and cloning weighted by advantages.

**Source**: Kostrikov, Nair and Levine, "Offline Reinforcement Learning with Implicit Q-Learning", 2022,
https://arxiv.org/abs/2110.06169, equations 5 to 7 (from memory), with relabelled goals as in `goal_q`.

    min_V  expectile loss of Q^(s, a, g) - V(s, g);   min_p  -exp(temperature (Q^ - V)) log p(a | s, g)
    Q(s, a, g) <- 1 where s1 = g, else discount V(s1, g)

**Differs from the paper**: 1. one table of action values instead of the lesser of two networks, and one of values; the
policy is a network. 2. Advantages are counted in steps, so divided by 1 - discount. 3. tau isn't tuned.

**Shapes**: b pieces, S states, G goals, A actions.
"""

from typing import Any

import jax

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
    mixed,
    next_value,
    start,
    table,
)
from toybench.tasks.goal_reaching import Pieces


class GoalIQL(Method):
    """Tables of action values and values, a network of a policy."""

    lr: float = 0.01  # learning rate of Adam, above 0; 3e-4 in the paper
    tau: float = 0.8  # the expectile, 0.5 to 1; 0.7 or 0.9 in the paper
    temperature: float = 1.0  # of the weights, above 0, a step of advantage; 3 or 10 in the paper
    rate: float = 0.1  # of the slow copy a step, 0 to 1; 0.005 in the paper, of many more steps

    space = {"lr": RATES, "temperature": (0.1, 0.3, 1.0, 3.0, 10.0)}

    def init(self, key: jax.Array) -> State:
        blank = table(self.spec, self.spec.actions)
        params = {"q": blank, "value": table(self.spec, 1)} | start(key, self.spec, {"policy": self.spec.actions})
        return begin(params, blank, self.lr, self.steps)

    def loss(self, params: Any, target: Any, moves: Examples) -> jax.Array:
        """Sum of the three losses."""
        goal = moves.reached + (1 - moves.reached) * self.spec.discount * next_value(params, moves)
        error = entry(params["q"], moves) - goal
        implicit = implicit_losses(self.spec, params, target, moves, self.tau, self.temperature)
        return (error**2).mean() + implicit

    def update(self, state: State, batch: Pieces, key: jax.Array) -> State:
        moves = mixed(batch, uniforms(key, u=(len(batch.s), 4))["u"])
        gradient = jax.grad(self.loss)(state.params, state.target, moves)
        state = descend(state, gradient, self.lr, self.steps)
        return state._replace(target=track(state.target, state.params["q"], self.rate))

    def goal_policy(self, state: State) -> jax.Array:
        return everywhere(self.spec, state.params["policy"])
