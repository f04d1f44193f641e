"""Roll-outs of single policies, of which the better half goes on: sequential halving.

**Source**: Karnin, Koren and Somekh, "Almost Optimal Exploration in Multi-Armed Bandits", 2013 (sequential halving),
from memory; what one does who treats policies as arms.

    rounds r = 1 .. log2 m: each of the m / 2^(r-1) policies left is rolled out equally often; the better half stays

**Differs from the paper**: 1. as one roll-out of every policy is more than there is, it begins with a random subset,
as large as lets each be rolled out once in the first round. 2. means are over all rounds; policies outside have the
mean of the first round.

**Shapes**: n instances, H layers, S states a layer, m policies in the race, p policies.
"""

import jax
import jax.numpy as jnp

from toybench.methods.policy_search._judges import Judge
from toybench.tasks.policy_search import Simulator


class PerPolicyMc(Judge):
    """A roll-out serves one policy."""

    def rounds(self) -> list[tuple[int, int]]:
        """(policies left, roll-outs of each) of every round."""
        episodes = self.spec.budget // self.spec.layers
        first = self.spec.policies
        while first * self.length(first) > episodes:
            first -= 1
        count = self.length(first)
        plan = []
        left = first
        for _ in range(count):
            plan.append((left, max(episodes // count // left, 1)))
            left = max(left // 2, 1)
        return plan

    def length(self, policies: int) -> int:
        """Rounds until one is left."""
        return max((policies - 1).bit_length(), 1)

    def needed(self) -> int:
        return self.spec.layers * sum(left * each for left, each in self.rounds())

    def judge(self, simulator: Simulator, key: jax.Array) -> jax.Array:
        plan = self.rounds()
        first, *keys = jax.random.split(key, len(plan) + 1)
        racing = jnp.argsort(jax.random.uniform(first, (self.spec.policies,)))[: plan[0][0]]
        total = jnp.zeros(self.spec.policies)
        count = jnp.zeros(self.spec.policies)
        mean = jnp.zeros(())
        for number, (left, each) in enumerate(plan):
            now = racing[:left]
            paid = self.returns(simulator, jnp.repeat(now, each), keys[number]).reshape(left, each)
            total = total.at[now].add(paid.sum(-1))
            count = count.at[now].add(each)
            mean = paid.mean() if number == 0 else mean
            racing = now[jnp.argsort(-total[now] / count[now])]
        return jnp.where(count > 0, total / jnp.maximum(count, 1), mean)

    def returns(self, simulator: Simulator, policies: jax.Array, key: jax.Array) -> jax.Array:
        """Returns of a roll-out of each of these policies, int32 [t]."""
        layers = self.spec.layers
        numbers = jax.random.uniform(key, (layers, len(policies)))
        deviates = policies - 1
        state = simulator.begin(numbers[0])
        action = jnp.zeros_like(policies)
        for h in range(layers):
            action = (deviates == h * self.spec.states + state).astype(jnp.int32)
            if h < layers - 1:
                state = simulator.move(numbers[h + 1], jnp.full_like(state, h), state, action)
        return simulator.pay(state, action)
