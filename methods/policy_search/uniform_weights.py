"""Importance weights: roll-outs of uniformly random actions, of which each policy counts those that it agrees with.

**Source**: Kearns, Mansour and Ng, "Approximate Planning in Large POMDPs via Reusable Trajectories", 1999 (random
trajectories), from memory; the rival of trees in Li's thesis, https://arxiv.org/abs/2506.01884.

    value = mean over roll-outs of  2^H 1[the policy would have acted so] R

**Differs from the paper**: nothing that is remembered.

**Shapes**: n instances, H layers, S states a layer, t roll-outs, p policies.
"""

import jax
import jax.numpy as jnp

from toybench.methods.policy_search._judges import Judge, by_state
from toybench.tasks.policy_search import Simulator


class UniformWeights(Judge):
    """One data set for all policies, of which a share 2^-H serves each."""

    @property
    def rollouts(self) -> int:
        """How many the budget allows."""
        return self.spec.budget // self.spec.layers

    def needed(self) -> int:
        return self.rollouts * self.spec.layers

    def judge(self, simulator: Simulator, key: jax.Array) -> jax.Array:
        layers = self.spec.layers
        numbers = jax.random.uniform(key, (2, layers, self.rollouts))
        actions = (numbers[1] < 0.5).astype(jnp.int32)  # [H, t]
        state = simulator.begin(numbers[0, -1])
        met = []
        for h in range(layers):
            met.append(state)
            if h < layers - 1:
                state = simulator.move(numbers[0, h], jnp.full_like(state, h), state, actions[h])
        weighted = 2.0**layers * simulator.pay(state, actions[-1])  # [t]
        deviations = actions.sum(0)
        never = jnp.where(deviations == 0, weighted, 0.0)
        once = jnp.where((deviations == 1)[None] & (actions == 1), weighted[None], 0.0).T  # [t, H]
        states = jnp.stack(met, axis=1)
        lost = by_state(jnp.broadcast_to(never[:, None], states.shape), states, self.spec.states)
        total = never.sum() + jnp.concatenate([jnp.zeros(1), by_state(once, states, self.spec.states) - lost])
        return total / self.rollouts
