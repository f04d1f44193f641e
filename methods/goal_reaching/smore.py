"""Scores of moves by matching mixtures of occupancies, without a discriminator; cloning weighted by their advantage.

**Source**: Sikchi, Chitnis, Touati, Geramifard, Zhang and Niekum, "SMORE: Score Models for Offline Goal-Conditioned
Reinforcement Learning", 2024, https://arxiv.org/abs/2311.02013; the authors' code: `update_q_smore` and
`update_v_smore` in `critic_gcrl.py`, `actor.py`, goals from `dataset_utils.py`.

    min_S  -E_goal[S(s, a, g)] + E_data[(discount M(s1, g) - S(s, a, g))^2 / 2] + 1e-4 E_data[S]
    min_M  expectile loss of S^(s, a, g) - M(s, g);   min_p  -exp(temperature (S^ - M)) log p(a | s, g)

E_goal is over moves that enter their goal.

**Differs from the paper**: 1. one table of scores instead of the lesser of two networks, and one of states' scores; the
policy is a network. 2. Half of the goals are states of another piece; the authors take a fifth from the goals that were
recorded with the data. 3. The advantage is divided by 1 - discount, which the tuned temperature absorbs. 4. Goals are
uniform in a piece's future.

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
    later,
    mixed,
    next_value,
    start,
    table,
    with_goals,
)
from toybench.tasks.goal_reaching import Pieces

SMALL = 1e-4  # weight of the scores themselves in the authors' code, which keeps them from drifting


class Smore(Method):
    """The dual objective of the paper."""

    lr: float = 0.01  # learning rate of Adam, above 0; 3e-4 in the authors' code
    tau: float = 0.8  # the expectile, 0.5 to 1; 0.8 in the authors' code (`beta`)
    temperature: float = 1.0  # of the weights, above 0; 3 in the authors' code, a unit of score
    rate: float = 0.1  # of the slow copy a step, 0 to 1; 0.005 in the authors' code, of many more steps

    paper = "sikchi2023smore"
    space = {"lr": RATES, "temperature": (0.1, 0.3, 1.0, 3.0, 10.0)}

    def init(self, key: jax.Array) -> State:
        blank = table(self.spec, self.spec.actions)
        params = {"score": blank, "value": table(self.spec, 1)} | start(key, self.spec, {"policy": self.spec.actions})
        return begin(params, blank, self.lr, self.steps)

    def score_loss(self, params: Any, moves: Examples, entering: Examples) -> jax.Array:
        """What scores minimise: over moves of the data, and over those that enter their goal."""
        ahead = self.spec.discount * next_value(params, moves)
        inside = entry(params["score"], moves)
        goal = entry(params["score"], entering)
        return -goal.mean() + 0.5 * ((ahead - inside) ** 2).mean() + SMALL * inside.mean()

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
