"""The reward as random features say it, and the best policy for that.

**Source**: the control of random successor features: Barreto, Dabney, Munos, Hunt, Schaul, van Hasselt and Silver,
"Successor Features for Transfer in Reinforcement Learning", 2017, https://arxiv.org/abs/1606.05312 (from memory), with
features drawn at random.

    r^ = U U' r,   U orthonormal [S, d], its span uniformly random;   plan for r^ in the counted model

**Differs from the paper**: 1. the best policy for what the features say is found by dynamic programming in the counted
model, so that nothing is lost but what the features don't say.

**Shapes**: S states, A actions, d features.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.zero_shot_rl._model import best_actions, count_model, plan, projected


class RandomSF(Method):
    """A random projection of rewards."""

    dims: int = 16  # features

    def init(self, key: jax.Array) -> jax.Array:
        normal = jax.random.normal(key, (self.spec.states, self.dims))
        return jnp.linalg.qr(normal)[0]

    def policy_for(self, state: jax.Array, reward: jax.Array) -> jax.Array:
        model = count_model(self.spec, self.given)
        return best_actions(plan(model, projected(state, reward), self.spec.discount))
