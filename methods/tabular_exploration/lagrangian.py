"""A soft learner with a multiplier for costs that starts from nothing.

**Source**: Ha, Xu, Tan, Levine and Tan, "Learning to Walk in the Real World with Minimal Human Effort", 2020,
https://arxiv.org/abs/2002.08550 (soft actor-critic with a Lagrange multiplier), from memory; as in `sagui-cs.py` of
Yang et al. (2023) without the guide.

    policy in proportion to exp((q - beta cost_q) / T);  softplus^-1(beta) up by rate d/d. beta (mean cost_q - limit)

**Differs from the paper**: 1. tables, backed up on the empirical model of all that was seen, instead of networks and a
replay buffer. 2. the price of entropy is fixed. 3. the multiplier isn't damped.

**Shapes**: n instances, H steps, S states, A actions.
"""

import jax
import jax.numpy as jnp

from toybench.methods.tabular_exploration._critics import Critics, State, refitted, remembered, repriced, unpaid
from toybench.tasks.tabular_exploration import Guide, SafeEpisode


class Lagrangian(Critics):
    """No guide."""

    rate: float = 0.3  # step of the multiplier after an episode, above 0

    deterministic = True
    space = {"rate": (0.001, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)}

    def begin(self, guide: Guide) -> tuple[jax.Array, jax.Array, jax.Array]:
        return unpaid(guide.q.shape)

    def learn(self, state: State, batch: SafeEpisode, guide: Guide) -> State:
        state = remembered(state, batch, jnp.ones(batch.r.shape))
        state = refitted(state, jnp.zeros(state.q.shape), unpaid(state.q.shape)[0])
        return repriced(state, self.spec, self.rate)

    def behaviour(self, state: State) -> jax.Array:
        own = self.target(state)
        return jnp.stack([own, own], axis=1)
