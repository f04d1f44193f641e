"""Soft actor-critic on recorded transitions, with nothing that keeps it near them.

**Source**: Haarnoja, Zhou, Hartikainen and others, "Soft Actor-Critic Algorithms and Applications", 2018,
https://arxiv.org/abs/1812.05905 (equations 3, 7 and 18, from memory); it is `sac_rnd` without the novelty.

    pi:  eta log pi(a | x) - min_j Q_j(x, a);  Q_j:  r + discount (min_j Q'_j(x1, a1) - eta log pi(a1 | x1))

**Differs from the paper**: 1. recorded transitions only. 2. As in `sac_rnd`, hidden layers of the critics are
normalised and learning begins after a quarter of the updates. 3. Two hidden layers of 64 units, targets follow at
0.02. 4. Entropy starts at a weight of 0.001. 5. Policy and critics are given waves of the place.

**Shapes**: b transitions, k numbers of an action, n episodes, j critics.
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


class SacOffline(Wary):
    """The actor goes wherever critics err upwards."""

    space = {"lr": (0.0001, 0.0003, 0.001, 0.002, 0.003, 0.005, 0.01, 0.03)}

    @property
    def embeddings(self) -> Modules:
        return Bilinear(), Modulated()

    def loss(self, state: State, params: Params, batch: Transitions, key: jax.Array) -> jax.Array:
        return soft_actor_critic(self, 0.0, state, params, batch, key)
