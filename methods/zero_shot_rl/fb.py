"""Forward-backward representation: one product F'B holds the successor measures of the best policies of all rewards.

**Source**: Touati and Ollivier, "Learning One Representation to Optimize All Rewards", 2021,
https://arxiv.org/abs/2103.07945 (from memory), as the baseline of Jeen, Bewley and Cullen, "Conservative World Models",
2023, https://arxiv.org/abs/2309.15178, in the authors' code `agents/fb/agent.py`, `_update_fb_inner` and `infer_z`.

    M = F(s, a, z)'B(s+),  pi_z(s) = argmax_a F(s, a, z)'z
    L = mean_{i != j} (M_ij - discount M^_ij)^2 / 2 - mean_i M_ii + mean_{i != j} (B_i'B_j)^2 - 2 mean_i B_i'B_i
    z = sqrt(d) c / |c|,  c = mean over the data of r(s1) B(s1)

M_ij is of the i-th pair and the j-th next state; M^ is of the i-th next state with the slow copies.

**Differs from the paper**: 1. all five actions are compared, in place of an actor. 2. One network F and not the
least of two; 48 units and a table B, d = 20. 3. The rate decays to 0.

**Shapes**: S states, A actions, b transitions of a batch, d dimensions.
"""

import jax

from toybench.methods.zero_shot_rl._forward_backward import (
    ForwardBackward,
    Measures,
    Networks,
    bellman_loss,
    orthonormal_loss,
)
from toybench.tasks.zero_shot_rl import Transitions


class FB(ForwardBackward):
    """No penalty for actions that the data lack."""

    space = {"lr": (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)}

    def loss(self, found: Measures, target: Networks, batch: Transitions) -> jax.Array:
        return bellman_loss(found, target, batch, self.spec.discount) + orthonormal_loss(found)
