"""A bandit whose recorded wins are mostly luck: the good arm was pulled one time in ten.

Isolates what a wanted return says about the action. Arm 1 pays with chance 1 - p and was pulled with chance p, arm 0
pays with chance p. Of the pulls that paid, half are of either arm, whatever p is: to ask for the return 1 by Bayes'
rule gives 1/2, while the good arm gives 1 - p. 1,000 recorded pulls, and policies
draw their arm: the bandit of Yang et al. (2022).
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.blocks.random import uniforms
from toybench.tasks.return_conditioning import Episodes, Spec, broadcast
from toybench.tasks.return_conditioning._offline import Fixed, OfflineTask, World


class LuckyBandit(OfflineTask):
    """One state, two arms, one pull an episode."""

    p: float = 0.1  # chance that the bad arm pays, that the good one doesn't, and that the good one was pulled

    pulls: int = 1000

    steps = 1000
    batch = 64  # of Yang et al.
    metrics = {
        "true_return": Metric("max", "expected reward of the policy"),
        "consistency_gap": Metric("min", "distance between the return that is claimed and the true one"),
        "return_at_max_target": Metric("max", "expected reward when asked for the return 1"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(states=1, actions=2, horizon=1, start=0, greedy=False)

    def sample(self, key: jax.Array) -> World:
        pays = jnp.stack([self.p, 1 - self.p])
        drawn = uniforms(key, arm=(self.pulls, 1), luck=(self.pulls, 1))
        a = (drawn["arm"] < self.p).astype(jnp.int32)
        units = (drawn["luck"] < pays[a]).astype(jnp.int32)
        return World(
            kernel=jnp.stack([1 - pays, pays], -1)[None, None, :, :, None],
            episodes=Episodes(s=jnp.zeros((self.pulls, 2), jnp.int32), a=a, units=units),
            optimum=jnp.maximum(self.p, 1 - self.p),
            best=jax.nn.one_hot(jnp.argmax(pays), 2)[None, None],
        )

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        worth = self.expected_return(world, learner.policy())
        return {
            "true_return": worth,
            "consistency_gap": jnp.abs(learner.claimed() - worth),
            "return_at_max_target": self.expected_return(world, learner.boldest_policy()),
        }

    def floor(self, world: World) -> Fixed:
        """The policy that was recorded, which believes in the best return."""
        return Fixed(table=broadcast(jnp.stack([1 - self.p, self.p])[None], self.spec), worth=jnp.ones(()))

    def chance(self, world: World) -> Fixed:
        return Fixed(table=broadcast(jnp.full((1, 2), 0.5), self.spec), worth=jnp.full((), 0.5))

    def oracle(self, world: World) -> Fixed:
        return Fixed(table=broadcast(world.best, self.spec), worth=world.optimum)
