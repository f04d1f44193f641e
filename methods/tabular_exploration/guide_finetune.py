"""The guide itself, trained on: its critics and its multiplier are where the learner with a price starts.

**Source**: Yang, Simao, Jansen, Tindemans and Spaan, "Reinforcement Learning by Guided Safe Exploration", 2023,
https://arxiv.org/abs/2307.14316, the baseline that adapts the guide; the learner is that of `train-guide.py` in the
authors' code.

**Differs from the paper**: 1. as for `lagrangian`. 2. the converged guide's critics, policy and multiplier are taken
over.

**Shapes**: n instances, H steps, S states, A actions.
"""

import jax
import jax.numpy as jnp

from toybench.methods.tabular_exploration._critics import Critics, State, refitted, remembered, repriced
from toybench.tasks.tabular_exploration import Guide, SafeEpisode

LEAST_PRICE = 1e-3  # of a guide that needed none: a softplus is never 0


class GuideFinetune(Critics):
    """Starts as the guide."""

    rate: float = 0.3  # step of the multiplier after an episode, above 0

    deterministic = True
    space = {"rate": (0.001, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)}

    def begin(self, guide: Guide) -> tuple[jax.Array, jax.Array, jax.Array]:
        price = jnp.maximum(guide.multiplier, LEAST_PRICE)
        return guide.q, guide.cost_q, price + jnp.log(-jnp.expm1(-price))

    def learn(self, state: State, batch: SafeEpisode, guide: Guide) -> State:
        state = remembered(state, batch, jnp.ones(batch.r.shape))
        state = refitted(state, jnp.zeros(state.q.shape), guide.q)
        return repriced(state, self.spec, self.rate)

    def behaviour(self, state: State) -> jax.Array:
        own = self.target(state)
        return jnp.stack([own, own], axis=1)
