"""Measure-conservative forward-backward representation: measures of actions that the data lack are pushed down.

**Source**: Jeen, Bewley and Cullen, "Conservative World Models", 2023, https://arxiv.org/abs/2309.15178, in the
authors' code `agents/cfb/agent.py`, `_measure_conservative_penalty`, and `agents/cfb/config.yaml`.

    L_FB + alpha mean_ij [ logsumexp_a F(s_i, a, z_i)'B(s1_j) - F(s_i, a_i, z_i)'B(s1_j) ]

**Differs from the paper**: 1. the sum runs over all actions, in place of twelve that are sampled uniformly and from the
actor. 2. Networks and actions as in `fb`. 3. alpha is tuned; the authors' code can
fit it to a target of 50 for the penalty, too. 4. Learning rate and slow copy as pilots found them best for `fb`.

**Shapes**: A actions, b transitions of a batch, d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.methods.zero_shot_rl._forward_backward import (
    ForwardBackward,
    Measures,
    Networks,
    bellman_loss,
    orthonormal_loss,
)
from toybench.tasks.zero_shot_rl import Transitions


class MCFB(ForwardBackward):
    """A penalty on measures."""

    alpha: float = 1.0  # weight of the penalty, 0 or more; 0.01 in the authors' configuration where it isn't fitted

    paper = "jeen2023conservative"
    space = {"alpha": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)}

    def loss(self, found: Measures, target: Networks, batch: Transitions) -> jax.Array:
        measures = jnp.einsum("bad,cd->bac", found.forward, found.backward)
        taken = found.taken @ found.backward.T
        penalty = (jax.nn.logsumexp(measures, axis=1) - taken).mean()
        core = bellman_loss(found, target, batch, self.spec.discount) + orthonormal_loss(found)
        return core + self.alpha * penalty
