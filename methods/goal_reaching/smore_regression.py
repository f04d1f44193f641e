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

from toybench.methods.goal_reaching._goals import Examples, entry, next_value
from toybench.methods.goal_reaching._smore import SMALL, Scores


class SmoreRegression(Scores):
    """Squared errors to fixed targets."""

    paper = "sikchi2023smore"

    def score_loss(self, params: Any, moves: Examples, entering: Examples) -> jax.Array:
        discount = self.spec.discount
        ahead = discount * next_value(params, moves)
        inside = entry(params["score"], moves)
        goal = entry(params["score"], entering)
        cost = 1 - discount
        kept = SMALL * (1 - discount) * (inside**2).mean()
        return ((goal - 1) ** 2).mean() + 0.5 * ((ahead - cost - inside) ** 2).mean() + kept
