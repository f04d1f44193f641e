"""Scores of moves by regression on fixed targets, the default of SMORE's code; cloning weighted by their advantage.

**Source**: Sikchi, Chitnis, Touati, Geramifard, Zhang and Niekum, "SMORE: Score Models for Offline Goal-Conditioned
Reinforcement Learning", 2024, https://arxiv.org/abs/2311.02013; the authors' code: `update_q_smore_stable` and
`update_v_smore` in `critic_gcrl.py`, `actor.py`, goals from `dataset_utils.py`.

    min_S  E_goal[(S - 2 / (1 - d))^2] + E_data[(-2 + d M(s1, g) - S)^2 / 2] + 1e-4 (1 - d) E_data[S^2]

Every move costs 2, and 2 / (1 - d) is the target on moves that enter their goal (E_goal), with d the discount. M and
the policy are those of `smore`.

**Differs from the paper**: 1. to 4. are those of `smore`. 5. Scores are scaled to [-1, 1], which the tuned temperature
absorbs. 6. The paper has the dual objective; this one is its code's default.

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


class SmoreRegression(Method):
    """Squared errors to fixed targets."""

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
        discount = self.spec.discount
        ahead = discount * next_value(params, moves)
        inside = entry(params["score"], moves)
        goal = entry(params["score"], entering)
        cost = 1 - discount
        kept = SMALL * (1 - discount) * (inside**2).mean()
        return ((goal - 1) ** 2).mean() + 0.5 * ((ahead - cost - inside) ** 2).mean() + kept

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
