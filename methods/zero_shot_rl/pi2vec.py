"""A policy's mean successor features at canonical states.

**Source**: Scarpellini, Konyushkova, Fantacci, Le Paine, Chen and Denil, "pi2vec: Policy Representations with Successor
Features", 2023, https://arxiv.org/abs/2306.09800, in its abstract and in summaries by others.

    psi(s) = sum_a pi(a | s) E[phi(s1) + discount psi(s1) | s, a];   Psi = mean over canonical states of psi

**Differs from the paper**: 1. psi is the fixed point of fitted evaluation with tables, where networks are trained; a
pair that was never seen counts as the average of its state. 2. Frozen features of a random network, in place of a
foundation model's. 3. 16 canonical states.

**Shapes**: S states, A actions, n policies, m features.
"""

import jax

from toybench import Method
from toybench.methods.zero_shot_rl._embedding import canonical_states, successor_features


class Pi2Vec(Method):
    """What features lie ahead of a policy."""

    paper = "scarpellini2023pi2vec"

    def init(self, key: jax.Array) -> jax.Array:
        return canonical_states(key, self.given.data)

    def embed(self, state: jax.Array, policies: jax.Array) -> jax.Array:
        return successor_features(self.spec, self.given, self.given.features, policies)[:, state].mean(1)
