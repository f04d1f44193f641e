"""What both forms of SMORE's scores share: cloning weighted by the advantage of scores, and their slow copy.

Shapes: b pieces, S states, G goals, A actions.
"""

from abc import abstractmethod
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
    everywhere,
    implicit_losses,
    later,
    mixed,
    start,
    table,
    with_goals,
)
from toybench.tasks.goal_reaching import Pieces

SMALL = 1e-4  # weight of the scores themselves in the authors' code, which keeps them from drifting


class Scores(Method):
    """Tables of scores and of states' scores, a network of a policy."""

    lr: float = 0.01  # learning rate of Adam, above 0; 3e-4 in the authors' code
    tau: float = 0.8  # the expectile, 0.5 to 1; 0.8 in the authors' code (`beta`)
    temperature: float = 1.0  # of the weights, above 0; 3 in the authors' code, a unit of score
    rate: float = 0.1  # of the slow copy a step, 0 to 1; 0.005 in the authors' code, of many more steps

    space = {"lr": RATES, "temperature": (0.1, 0.3, 1.0, 3.0, 10.0)}

    @abstractmethod
    def score_loss(self, params: Any, moves: Examples, entering: Examples) -> jax.Array:
        """What scores minimise: over moves of the data, and over those that enter their goal."""

    def init(self, key: jax.Array) -> State:
        blank = table(self.spec, self.spec.actions)
        params = {"score": blank, "value": table(self.spec, 1)} | start(key, self.spec, {"policy": self.spec.actions})
        return begin(params, blank, self.lr, self.steps)

    def update(self, state: State, batch: Pieces, key: jax.Array) -> State:
        drawn = uniforms(key, moves=(len(batch.s), 4), entering=(len(batch.s), 2))
        moves = mixed(batch, drawn["moves"])
        last = later(batch, drawn["entering"])
        entering = with_goals(last, last.s1)

        def loss(params: Any) -> jax.Array:
            implicit = implicit_losses(self.spec, params, state.target, moves, self.tau, self.temperature)
            return self.score_loss(params, moves, entering) + implicit

        state = descend(state, jax.grad(loss)(state.params), self.lr, self.steps)
        return state._replace(target=track(state.target, state.params["score"], self.rate))

    def goal_policy(self, state: State) -> jax.Array:
        return everywhere(self.spec, state.params["policy"])
