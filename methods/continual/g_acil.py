"""Generalised analytic class-incremental learning: recursive ridge regression whatever classes a phase holds.

**Source**: Zhuang et al., "G-ACIL: Analytic Learning for Exemplar-Free Generalized Class Incremental Learning", 2024,
https://arxiv.org/abs/2403.15706 (theorem 3.1: exposed and unexposed classes).

    R_k = R_{k-1} - R_{k-1} X_k' (I + X_k R_{k-1} X_k')^-1 X_k R_{k-1},    R_0 = I / gamma
    exposed classes:    W_k = W_{k-1} + R_k X_k' (Y_k - X_k W_{k-1})
    unexposed classes:  new columns R_k X_k' Y_k, which is the same with a column of zeros before

**Differs from the paper**: 1. float32 instead of float64. 2. a phase goes through the recursion in chunks of 50, which
changes nothing but rounding. 3. the inverse is made symmetric after each chunk, against rounding. 4. columns of
unexposed classes exist from the start and are zero.

**Shapes**: n examples, e expanded features, c classes.
"""

import jax
import jax.numpy as jnp

from toybench.methods.continual._ridge import Recursion, Ridge, recurse_over
from toybench.tasks.continual import PhaseStep


class GACIL(Ridge):
    """Equals ridge regression on all data met, for any split and order of them. Stores no example."""

    paper = "zhuang2024gacil"

    def init(self, key: jax.Array) -> Recursion:
        e = self.spec.expanded
        return Recursion(jnp.eye(e) / self.gamma, jnp.zeros((e, self.spec.classes)))

    def learn(self, state: Recursion, x: jax.Array, y: jax.Array, batch: PhaseStep, key: jax.Array) -> Recursion:
        return recurse_over(state, x, y)

    def solution(self, state: Recursion) -> jax.Array:
        return state.weights
