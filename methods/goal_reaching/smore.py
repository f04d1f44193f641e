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

from toybench.methods.goal_reaching._goals import Examples, entry, next_value
from toybench.methods.goal_reaching._smore import SMALL, Scores


class Smore(Scores):
    """The dual objective of the paper."""

    paper = "sikchi2023smore"

    def score_loss(self, params: Any, moves: Examples, entering: Examples) -> jax.Array:
        ahead = self.spec.discount * next_value(params, moves)
        inside = entry(params["score"], moves)
        goal = entry(params["score"], entering)
        return -goal.mean() + 0.5 * ((ahead - inside) ** 2).mean() + SMALL * inside.mean()
