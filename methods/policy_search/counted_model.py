"""A counted model: the queries are spread over all states and actions, and the values are those of the model.

**Source**: none; what one does who learns the world instead of searching the class.

    P^(t | s, a) = share of the answers;  values of all policies by one pass forward and one backward

**Differs from the paper**: 1. it is told the law of first states, which the others sample. 2. where a pair has no query
the next state is drawn from that law too, and a reward is the mean of the known ones; no cell here has such a pair.

**Shapes**: n instances, H layers, S states a layer, p policies.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.policy_search._judges import Judge
from toybench.tasks.policy_search import Simulator


class Answers(NamedTuple):
    """The questions and the next states, int32 [budget] each."""

    layer: jax.Array
    s: jax.Array
    a: jax.Array
    reached: jax.Array


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
        known = jnp.zeros((spec.states, 2)).at[s, a].max(jnp.where(layer == spec.layers - 1, 1.0, 0.0))
        every = simulator.pay(jnp.arange(spec.states)[:, None], jnp.arange(2)[None])
        rewards = jnp.where(known > 0, every, (known * every).sum() / jnp.maximum(known.sum(), 1))
        return self.plug_in(Answers(layer=layer, s=s, a=a, reached=reached), rewards)

    def plug_in(self, answers: Answers, rewards: jax.Array) -> jax.Array:
        """Values [p] in the model of these answers, with rewards [S, 2] in the last layer."""
        layers = self.spec.layers
        ends = 1 / jnp.arange(1.0, self.spec.states + 1)
        law = ends / ends.sum()
        zero = jnp.zeros((layers, self.spec.states, 2))
        asked = zero.at[answers.layer, answers.s, answers.a].add(1.0)
        share = 1 / asked[answers.layer, answers.s, answers.a]
        visits = [law]
        for h in range(layers - 1):
            now = visits[-1]
            own = jnp.where((answers.layer == h) & (answers.a == 0), now[answers.s] * share, 0.0)
            unknown = jnp.where(asked[h, :, 0] == 0, now, 0.0).sum()
            visits.append(unknown * law + jnp.zeros_like(law).at[answers.reached].add(own))
        value = rewards[:, 0]
        gains = [visits[-1] * (rewards[:, 1] - value)]
        for h in reversed(range(layers - 1)):
            own = jnp.where(answers.layer == h, value[answers.reached] * share, 0.0)
            q = jnp.where(asked[h] == 0, law @ value, zero[0].at[answers.s, answers.a].add(own))
            value = q[:, 0]
            gains.append(visits[h] * (q[:, 1] - value))
        return (law * value).sum() + jnp.concatenate([jnp.zeros(1), *reversed(gains)])
