"""The reward as the smoothest features of the state graph say it, and the best policy for that.

**Source**: Wu, Tucker and Nachum, "The Laplacian in RL: Learning Representations with Efficient Approximations", 2019,
https://arxiv.org/abs/1810.04586 (from memory): eigenvectors of the graph Laplacian of least eigenvalues; as successor
features they are a baseline of proto successor measures and of forward-backward representations.

    W = (N + N') / 2,  L = I - D^{-1/2} W D^{-1/2};   r^ = U U' r,  U its d eigenvectors of least eigenvalues

N counts transitions from state to state.

**Differs from the paper**: 1. eigenvectors are exact, of the normalised Laplacian. 2. The best policy for what they say
is found by dynamic programming in the counted model, so that nothing is lost but what the features don't say.

**Shapes**: S states, A actions, d features.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.zero_shot_rl._model import best_actions, count_model, plan, projected


class LaplacianSF(Method):
    """A smooth projection of rewards."""

    dims: int = 16  # features

    deterministic = True

    def init(self, key: jax.Array) -> jax.Array:
        states = self.spec.states
        counts = jnp.zeros((states, states)).at[self.given.s, self.given.s1].add(1.0)
        weights = (counts + counts.T) / 2
        root = jnp.sqrt(jnp.maximum(weights.sum(1), 1.0))  # a state without transitions has weights of 0 anyway
        smooth = weights / (root[:, None] * root[None, :])
        return jnp.linalg.eigh(smooth)[1][:, -self.dims :]

    def policy_for(self, state: jax.Array, reward: jax.Array) -> jax.Array:
        model = count_model(self.spec, self.given)
        return best_actions(plan(model, projected(state, reward), self.spec.discount))
