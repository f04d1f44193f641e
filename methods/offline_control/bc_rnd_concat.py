"""Cloning by novelty alone: a policy of given entropy that minimises random network distillation's error.

**Source**: Nikulin, Kurenkov, Tarasov and Kolesnikov, "Anti-Exploration by Random Network Distillation", 2023,
https://arxiv.org/abs/2301.13616, in the authors' code `offline_sac/algorithms/bc_rnd.py`, `offline_sac/networks.py`
and `offline_sac/nn.py` (`concat_first` against itself, the default).

    b(x, a) = |f(x, a) - prior(x, a)|^2 / std;  pi:  eta log pi(a | x) + b(x, a);  eta keeps the entropy at -k

**Differs from the paper**: 1. the predictor learns in the first quarter of the updates, all else in the others. 2. A
constant input stands for random biases. 3. Two hidden layers of 64 units instead of three of 256, 2000 updates. 4.
Entropy starts at a weight of 0.001 instead of 1. 5. The policy is given waves of the place, the embeddings the place.

**Shapes**: b transitions, k numbers of an action, e of an embedding, n episodes.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.rl import squashed
from toybench.methods.offline_control._novelty import Concatenated, Modules, Params, State, Wary, gaussian
from toybench.tasks.offline_control import Transitions


class BCRNDConcat(Wary):
    """Both embeddings concatenate; no rewards."""

    paper = "nikulin2023antiexploration"
    space = {"lr": (0.0001, 0.0003, 0.001, 0.002, 0.003, 0.005, 0.01, 0.03)}

    @property
    def embeddings(self) -> Modules:
        return Concatenated(), Concatenated()

    def loss(self, state: State, params: Params, batch: Transitions, key: jax.Array) -> jax.Array:
        law = gaussian(params, self.spec.actions, batch.x)
        u, log_density = squashed(*law, jax.random.normal(key, batch.u.shape))
        eta = jnp.exp(params["log_eta"])
        actor = jax.lax.stop_gradient(eta) * log_density + self.bonus(state, batch.x, u)
        entropy = -eta * (jax.lax.stop_gradient(log_density).mean() - self.spec.actions)
        return actor.mean() + entropy
