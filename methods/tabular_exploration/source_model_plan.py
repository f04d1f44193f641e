"""Plans with the transitions and the costs of the laboratory, and learns nothing but the reward.

**Source**: none: the control that asks what a guide is a substitute for, as tables transfer without loss.

    critics backed up on the exact model, with the mean reward where one was seen and 0 elsewhere

**Differs from the paper**: 1. Yang et al. (2023) carry over a policy, not a model.

**Shapes**: n instances, H steps, S states, A actions.
"""

import jax
import jax.numpy as jnp

from toybench.methods.tabular_exploration._critics import BACKUPS, Critics, State, remembered, repriced
from toybench.tasks.tabular_exploration import Guide, SafeEpisode, backed_up


class SourceModelPlan(Critics):
    """Knows where it is dangerous before the first episode."""

    rate: float = 0.3  # step of the multiplier after an episode, above 0

    deterministic = True
    space = {"rate": (0.001, 0.01, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)}

    def begin(self, guide: Guide) -> tuple[jax.Array, jax.Array, jax.Array]:
        q, cost_q = self.backups(guide, jnp.zeros(guide.q.shape), (guide.q, guide.cost_q), jnp.zeros(()))
        return q, cost_q, jnp.zeros(())

    def learn(self, state: State, batch: SafeEpisode, guide: Guide) -> State:
        state = remembered(state, batch, jnp.ones(batch.r.shape))
        times = jnp.maximum(state.counts.sum(-1), 1)
        q, cost_q = self.backups(guide, state.rewards / times, (state.q, state.cost_q), state.softness)
        return repriced(state._replace(q=q, cost_q=cost_q), self.spec, self.rate)

    def backups(
        self, guide: Guide, rewards: jax.Array, critics: tuple[jax.Array, jax.Array], softness: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """Critics after some backups on the exact model."""
        price = jax.nn.softplus(softness)
        model = (guide.transitions, rewards, guide.transitions @ guide.costs)
        return jax.lax.fori_loop(0, BACKUPS, lambda _, pair: backed_up(model, pair, price), critics)

    def behaviour(self, state: State) -> jax.Array:
        own = self.target(state)
        return jnp.stack([own, own], axis=1)
