"""Analytic imbalance rectifier: ridge regression in which each class weighs the same.

**Source**: Fang et al., "AIR: Analytic Imbalance Rectifier for Continual Learning", 2024,
https://arxiv.org/abs/2408.10349 (generalised re-weighting module).

    W = (sum_c w_c A_c + gamma I)^-1 sum_c w_c C_c,    w_c ~ 1 / n_c with mean 1 over the classes met
    A_c = sum of x x' over class c,    C_c = sum of x y' over class c

**Differs from the paper**: 1. float32 instead of float64.

**Shapes**: n examples, e expanded features, c classes.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.continual._ridge import Ridge
from toybench.tasks.continual import PhaseStep


class State(NamedTuple):
    """Gram matrices [c, e, e], sums [c, e] and counts [c] by class, and the weights [e, c] that they give."""

    gram: jax.Array
    sums: jax.Array
    counts: jax.Array
    weights: jax.Array


class WeightedRidge(Ridge):
    """Stores a Gram matrix for each class. With equal counts it is plain ridge regression."""

    def init(self, key: jax.Array) -> State:
        e, c = self.spec.expanded, self.spec.classes
        return State(jnp.zeros((c, e, e)), jnp.zeros((c, e)), jnp.zeros(c), jnp.zeros((e, c)))

    def learn(self, state: State, x: jax.Array, y: jax.Array, batch: PhaseStep, key: jax.Array) -> State:
        gram = jax.lax.map(lambda member: (x * member[:, None]).T @ x, y.T) + state.gram
        sums, counts = y.T @ x + state.sums, y.sum(0) + state.counts
        share = jnp.where(counts > 0, 1 / jnp.maximum(counts, 1.0), 0.0)
        share = share * (counts > 0).sum().astype(jnp.float32) / share.sum()
        total = jnp.tensordot(share, gram, 1) + self.gamma * jnp.eye(x.shape[1])
        return State(gram, sums, counts, jnp.linalg.solve(total, sums.T * share[None, :]))

    def solution(self, state: State) -> jax.Array:
        return state.weights
