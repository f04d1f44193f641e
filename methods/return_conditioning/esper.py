"""Clusters of episodes that say nothing of luck, found by their actions alone; plays the cluster of the largest mean.

**Source**: Paster, McIlraith and Ba, "You Can't Count on Luck: Why Decision Transformers and RvS Fail in Stochastic
Environments", 2022, https://arxiv.org/abs/2205.15967: the abstract and figure 2's three phases; their equations were
not read.

    min over q, pi of max over omega  E_q(z | episode) [-log pi(a | s, z) + weight sum_y (omega(y) - log E exp omega)]

**Differs from the paper**: 1. the adversary, the codes and the counted model are those of `doc`. 2. The policy is told
the cluster instead of its mean return, which is the same where no two clusters have one mean. 3. All three phases
run at once: cluster means and policies follow the clusters.

**Shapes**: b episodes, Z codes.
"""

import jax

from toybench.methods.return_conditioning._latent import LatentPolicy, Losses, cloned_prior


class Esper(LatentPolicy):
    """The value follows the code, the code doesn't follow the value."""

    weight: float = 5.0  # of the information about luck, 0 or more

    space = {"weight": (1.0, 5.0, 20.0), "lr": (0.001, 0.003, 0.01, 0.03)}

    def objective(self, losses: Losses) -> jax.Array:
        settled = losses._replace(code=jax.lax.stop_gradient(losses.code))
        code = losses.expect(losses.action + self.weight * losses.luck)
        return code + settled.expect(losses.value) + cloned_prior(losses)
