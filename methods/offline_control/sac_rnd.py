"""Soft actor-critic against novelty: random network distillation whose prior the place modulates.

**Source**: Nikulin, Kurenkov, Tarasov and Kolesnikov, "Anti-Exploration by Random Network Distillation", 2023,
https://arxiv.org/abs/2301.13616, in the authors' code `offline_sac/algorithms/sac_rnd.py`, `offline_sac/networks.py`,
`offline_sac/nn.py` and `configs/sac-rnd/hopper/hopper_medium.yaml` (bilinear predictor, FiLM prior).

    b(x, a) = |f(x, a) - prior(x, a)|^2 / std;  pi:  eta log pi(a | x) + weight b(x, a) - min_j Q_j(x, a)
    Q_j:  r + discount (min_j Q'_j(x1, a1) - eta log pi(a1 | x1) - weight b(x1, a1))

**Differs from the paper**: 1. the predictor learns in the first quarter of the updates, all else in the others. 2. A
constant input stands for random biases. 3. Two hidden layers of 64 units instead of three of 256, 2000 updates,
targets follow at 0.02. 4. Values are means of rewards: weight is 1 - discount times the authors' beta.
5. Entropy starts at a weight of 0.001, where the authors' 1 is 0.05 here. 6. Policy and critics are given waves of the
place, the embeddings the place.

**Shapes**: b transitions, k numbers of an action, e of an embedding, n episodes, j critics.
"""

import jax

from toybench.methods.offline_control._novelty import (
    Bilinear,
    Modulated,
    Modules,
    Params,
    State,
    Wary,
    soft_actor_critic,
)
from toybench.tasks.offline_control import Transitions


class SacRND(Wary):
    """Bilinear predictor, modulated prior."""

    weight: float = 0.1  # of the novelty, from 0; the authors' 1 to 25 is 0.05 to 1.25 here

    paper = "nikulin2023antiexploration"
    space = {"lr": (0.003, 0.01), "weight": (0.01, 0.03, 0.1, 0.3)}

    @property
    def embeddings(self) -> Modules:
        return Bilinear(), Modulated()

    def loss(self, state: State, params: Params, batch: Transitions, key: jax.Array) -> jax.Array:
        return soft_actor_critic(self, self.weight, state, params, batch, key)
