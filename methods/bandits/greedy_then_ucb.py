"""The first by estimated utilities as they are, the second its most promising challenger.

**Source**: the ablation of CoLSTIM (Bengs, Saha and Hüllermeier, 2022, https://arxiv.org/abs/2202.04593) that the
perturbation is for; as an algorithm, the "maximum first, UCB next" of later work on contextual duels.

    i = argmax_i x_i . theta,   j = argmax_j (x_j - x_i) . theta + c |x_j - x_i|_{V^-1}

**Differs from the paper**: 1. as for `colstim`: ridge penalty, one Newton step a round.

**Shapes**: n instances, k contexts, d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._duels import LinearDuelist, State, challenger, utility


class GreedyThenUCB(LinearDuelist):
    """CoLSTIM with eps = 0."""

    def pair(self, state: State, offer: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        first = jnp.argmax(utility(state, offer), axis=-1)
        return first, challenger(state, offer, first, self.c)
