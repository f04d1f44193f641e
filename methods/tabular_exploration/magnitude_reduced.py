"""Exponential weights with estimates whose negative part is replaced by its expectation, and a dilated bonus.

**Source**: Dai, Luo, Wei and Zimmert, "Refined Regret for Adversarial MDPs with Linear Function Approximation", 2023,
https://arxiv.org/abs/2301.12942 (second algorithm: magnitude-reduced estimator). Only the abstract could be read, the
rest is from memory.

    Q~_{k,h}(x, a) = w L_h - H min(w, 0) + H E[min(w, 0)],   w = phi(x, a)' Sigma_h^-1 phi(s_h, a_h)
    policy(. | x) in proportion to exp(-eta sum_k Q~_k(x, .) - B_k(x, .))

As 0 <= L_h <= H, the first two terms are never negative, and the third is bounded.

**Differs from the paper**: 1. covariances and E[min(w, 0)] are exact, where the paper samples from the simulator; a
ridge of 0.001. 2. eta and the bonus' scale are tuned multiples of K^(-1/2). 3. H - h replaces H: a bound of L_h.

**Shapes**: n instances, H steps, S states, A actions, K episodes.
"""

import jax
import jax.numpy as jnp

from toybench.methods.tabular_exploration._linear import PolicyOptimizer, dilated_bonus, estimated, hedge
from toybench.tasks.tabular_exploration import Episode, Simulator


class MagnitudeReduced(PolicyOptimizer):
    """Estimates that are never very negative, so that exponential weights need no mixing."""

    eta: float = 3.0  # learning rate times the root of the number of episodes, above 0
    bonus: float = 0.1  # scale of the bonus times the same root, above 0; of the order of 1 in the paper

    paper = "dai2023refined"
    deterministic = True
    space = {"eta": (0.3, 1.0, 3.0, 10.0, 30.0, 100.0), "bonus": (0.003, 0.03, 0.3)}

    def estimate(self, simulator: Simulator, policy: jax.Array, batch: Episode) -> jax.Array:
        one = estimated(simulator, policy, batch)
        most = jnp.arange(policy.shape[0], 0, -1, dtype=policy.dtype)[:, None, None]
        pulls = jnp.einsum("hsad,tbd->hsatb", one.whitened, simulator.features)
        mean = jnp.einsum("htb,hsatb->hsa", one.visits, jnp.minimum(pulls, 0))
        reduced = one.q - most * jnp.minimum(one.pull, 0) + most * mean
        return reduced - dilated_bonus(simulator, policy, one.width, self.bonus / self.steps**0.5)

    def respond(self, total: jax.Array) -> jax.Array:
        return hedge(total, self.eta / max(self.steps, 1) ** 0.5)
