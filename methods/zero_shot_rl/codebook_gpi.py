"""Generalised policy improvement over a codebook of policies: in each state the action that is best with any of them.

**Source**: Barreto, Dabney, Munos, Hunt, Schaul, van Hasselt and Silver, "Successor Features for Transfer in
Reinforcement Learning", 2017, https://arxiv.org/abs/1606.05312, theorem 1 (from memory). Here the control of a basis of
measures: it has the measures of the same policies, and no basis.

    pi(s) = argmax_a max_i sum_t M_i(s, a, t) r(t)

**Differs from the paper**: 1. measures are exact in the counted model, in place of learned successor features.

**Shapes**: S states, A actions, n policies.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import mdp
from toybench.methods.zero_shot_rl._model import best_actions, codebook, count_model


class CodebookGPI(Method):
    """The same policies as the mixed codebook of `psm`."""

    policies: int = 256  # of the codebook, half of them for goals

    def init(self, key: jax.Array) -> jax.Array:
        model = count_model(self.spec, self.given)
        policies = codebook(key, self.spec, model, self.policies, mixed=True)
        return mdp.occupancy(model.transitions, policies, self.spec.discount)

    def policy_for(self, state: jax.Array, reward: jax.Array) -> jax.Array:
        return best_actions(jnp.einsum("nsat,t->nsa", state, reward).max(0))
