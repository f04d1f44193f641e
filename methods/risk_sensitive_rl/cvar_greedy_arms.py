"""Pulls the arm whose rewards so far have the best tail; now and then a random one.

**Source**: none; the control without a bonus. The falling rate is that of Auer, Cesa-Bianchi and Fischer,
"Finite-time Analysis of the Multiarmed Bandit Problem", 2002 (epsilon_n-greedy, from memory).

    random with chance min(1, tries / t), else argmax_a CVaR of the rewards seen of a

**Differs from the paper**: 1. the CVaR in place of the mean. 2. each arm is pulled once first.

**Shapes**: n instances, k arms, l levels.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.risk_sensitive_rl._arms import Tally, seen_tail
from toybench.tasks.risk_sensitive_rl import Pull


class CVaRGreedyArms(Method):
    """Knows the criterion and has no bonus."""

    tries: float = 10.0  # pulls that are random for sure; later ones are with chance tries / t

    deterministic = True
    space = {"tries": (1.0, 3.0, 10.0, 20.0, 30.0, 60.0, 100.0, 200.0, 300.0)}

    def init(self, key: jax.Array) -> Tally:
        return Tally(counts=jnp.zeros((self.spec.instances, self.spec.arms, self.spec.levels)))

    def update(self, state: Tally, batch: Pull, key: jax.Array) -> Tally:
        arm = jax.nn.one_hot(batch.arm, self.spec.arms)
        level = jax.nn.one_hot(batch.level, self.spec.levels)
        return Tally(counts=state.counts + arm[:, :, None] * level[:, None, :])

    def pull(self, state: Tally, key: jax.Array) -> jax.Array:
        u = jax.random.uniform(key, (2, self.spec.instances))
        pulls = state.counts.sum(-1)
        best = jnp.argmax(jnp.where(pulls > 0, seen_tail(state, self.spec.alpha), jnp.inf), axis=-1)
        anyone = (u[1] * self.spec.arms).astype(best.dtype)
        return jnp.where(u[0] * (1 + pulls.sum(-1)) < self.tries, anyone, best)
