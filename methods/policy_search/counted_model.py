"""A counted model: the queries are spread over all states and actions, and the values are those of the model.

**Source**: none; what one does who learns the world instead of searching the class.

    P^(t | s, a) = share of the answers;  values of all policies by one pass forward and one backward

**Differs from the paper**: 1. where a pair has no query the next state is as for Zipf's law, the law of first states.

**Shapes**: n instances, H layers, S states a layer, p policies.
"""

import jax
import jax.numpy as jnp

from toybench.methods.policy_search._judges import Judge
from toybench.tasks.policy_search import Simulator


class CountedModel(Judge):
    """Every pair is asked equally often."""

    def needed(self) -> int:
        return self.spec.budget

    def judge(self, simulator: Simulator, key: jax.Array) -> jax.Array:
        spec = self.spec
        size = spec.layers * spec.states * 2
        first, second = jax.random.split(key)
        numbers = jax.random.uniform(second, (2, spec.budget))
        asked = jnp.arange(spec.budget) % size  # whole rounds, then a random part of one
        asked = jnp.argsort(jax.random.uniform(first, (size,)))[asked]
        layer = asked // (2 * spec.states)
        s = asked // 2 % spec.states
        a = asked % 2
        reached = simulator.move(numbers[0], layer, s, a)
        counts = jnp.zeros((spec.layers, spec.states, 2, spec.states)).at[layer, s, a, reached].add(1.0)
        known = jnp.zeros((spec.states, 2)).at[s, a].max(jnp.where(layer == spec.layers - 1, 1.0, 0.0))
        ends = 1 / jnp.arange(1.0, spec.states + 1)
        law = ends / ends.sum()
        total = counts.sum(-1, keepdims=True)
        model = jnp.where(total > 0, counts / jnp.maximum(total, 1), law[None, None, None])
        every = simulator.pay(jnp.arange(spec.states)[:, None], jnp.arange(2)[None])
        rewards = jnp.where(known > 0, every, (known * every).sum() / jnp.maximum(known.sum(), 1))
        return self.plug_in(model, rewards, law)

    def plug_in(self, model: jax.Array, rewards: jax.Array, law: jax.Array) -> jax.Array:
        """Values [p] for transitions [H, S, 2, S], rewards [S, 2] and a law of first states [S]."""
        layers = self.spec.layers
        visits = [law]
        for h in range(layers - 1):
            visits.append(visits[-1] @ model[h, :, 0])
        value = rewards[:, 0]
        gains = [visits[-1] * (rewards[:, 1] - value)]
        for h in reversed(range(layers - 1)):
            q = model[h] @ value
            value = q[:, 0]
            gains.append(visits[h] * (q[:, 1] - value))
        return (law * value).sum() + jnp.concatenate([jnp.zeros(1), *reversed(gains)])
