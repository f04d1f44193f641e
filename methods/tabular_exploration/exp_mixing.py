"""Exponential weights that explore by force: a share of uniform play bounds the estimates.

**Source**: Luo, Wei and Lee, "Policy Optimization in Adversarial MDPs: Improved Exploration via Dilated Bonuses",
2021, https://arxiv.org/abs/2107.08346, from memory: the method whose rate K^(2/3) Dai et al. (2023) improve.

    policy(. | x) = (1 - m) softmax(-eta sum_k Q^_k(x, .) - B_k(x, .)) + m / A,   m of the order of K^(-1/3)

**Differs from the paper**: 1. the mixing is uniform play in every state, which this small process lets reach all
features. 2. covariances are exact, with a ridge of 0.001. 3. eta and the mixing are tuned
multiples of their powers of K; the bonus has the scale that the refined algorithms were tuned to.

**Shapes**: n instances, H steps, S states, A actions, K episodes.
"""

import jax
import jax.numpy as jnp

from toybench.methods.tabular_exploration._linear import PolicyOptimizer, dilated_bonus, estimated, hedge
from toybench.tasks.tabular_exploration import Episode, Simulator


class ExpMixing(PolicyOptimizer):
    """Forced exploration."""

    eta: float = 3.0  # learning rate times the root of the number of episodes, above 0
    mixing: float = 1.0  # share of uniform play times the cubic root of the number of episodes, at least 0
    bonus: float = 0.003  # scale of the bonus times the square root, at least 0

    deterministic = True
    space = {"eta": (1.0, 3.0, 10.0, 30.0, 100.0), "mixing": (0.1, 0.3, 1.0, 3.0)}

    def estimate(self, simulator: Simulator, policy: jax.Array, batch: Episode) -> jax.Array:
        one = estimated(simulator, policy, batch)
        return one.q - dilated_bonus(simulator, policy, one.width, self.bonus / self.steps**0.5)

    def respond(self, total: jax.Array) -> jax.Array:
        episodes = max(self.steps, 1)
        share = jnp.minimum(self.mixing / episodes ** (1 / 3), 1)
        return (1 - share) * hedge(total, self.eta / episodes**0.5) + share / total.shape[-1]
