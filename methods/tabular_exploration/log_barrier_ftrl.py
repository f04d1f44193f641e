"""Follow the regularised leader with a log-barrier in every state, and a dilated bonus.

**Source**: Dai, Luo, Wei and Zimmert, "Refined Regret for Adversarial MDPs with Linear Function Approximation", 2023,
https://arxiv.org/abs/2301.12942 (first algorithm, with a simulator). Only the abstract could be read, the rest is from
memory; the bonus is that of Luo, Wei and Lee (2021), https://arxiv.org/abs/2107.08346, also from memory.

    policy(. | x) = argmin_p <p, sum_k Q^_k(x, .) - B_k(x, .)> + sum_a log(1 / p_a) / eta
    Q^_{k,h}(x, a) = phi(x, a)' Sigma_h^-1 phi(s_h, a_h) L_h,   L_h: losses from step h on

**Differs from the paper**: 1. covariances are exact, with a ridge of 0.001, where the paper samples from the
simulator. 2. eta and the bonus' scale are tuned multiples of K^(-1/2).

**Shapes**: n instances, H steps, S states, A actions, K episodes.
"""

import jax

from toybench.methods.tabular_exploration._linear import PolicyOptimizer, dilated_bonus, estimated, log_barrier
from toybench.tasks.tabular_exploration import Episode, Simulator


class LogBarrierFtrl(PolicyOptimizer):
    """No mixing: the barrier bears estimates that are arbitrarily negative."""

    eta: float = 30.0  # learning rate times the root of the number of episodes, above 0
    bonus: float = 0.1  # scale of the bonus times the same root, above 0; of the order of 1 in the paper

    paper = "dai2023refined"
    deterministic = True
    space = {"eta": (3.0, 10.0, 30.0, 100.0, 300.0, 1000.0), "bonus": (0.003, 0.03, 0.3)}

    def estimate(self, simulator: Simulator, policy: jax.Array, batch: Episode) -> jax.Array:
        one = estimated(simulator, policy, batch)
        return one.q - dilated_bonus(simulator, policy, one.width, self.bonus / self.steps**0.5)

    def respond(self, total: jax.Array) -> jax.Array:
        return log_barrier(total, self.eta / max(self.steps, 1) ** 0.5)
