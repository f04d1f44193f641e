"""The Gaussian process with the family's own mean and covariance: the best that a Gaussian can learn of it.

**Source**: standard: meta-learned prior moments with expected improvement, as in Wang, Kim and Kaelbling, "Regret
Bounds for Meta Bayesian Optimization with an Unknown Gaussian Process Prior", 2018, https://arxiv.org/abs/1811.09558.

    m = mean of the training curves, K = their covariance;   look = argmax E max(y - best, 0)

**Differs from the paper**: 1. expected improvement, as for the study's other methods.

**Shapes**: b curves, k grid points.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.bandits._gaussian_curves import GaussianCurves
from toybench.tasks.bandits.related_curves import Episode


class State(NamedTuple):
    """Number of curves, sums of values [k] and of their products [k, k]."""

    curves: jax.Array
    total: jax.Array
    square: jax.Array


class FamilyGPEI(GaussianCurves):
    """No network, nothing to tune."""

    deterministic = True

    def init(self, key: jax.Array) -> State:
        k = self.spec.points
        return State(curves=jnp.zeros(()), total=jnp.zeros(k), square=jnp.zeros((k, k)))

    def update(self, state: State, batch: Episode, key: jax.Array) -> State:
        y = batch.values
        return State(curves=state.curves + len(y), total=state.total + y.sum(0), square=state.square + y.T @ y)

    def moments(self, state: State) -> tuple[jax.Array, jax.Array]:
        n = jnp.maximum(state.curves, 1.0)
        mean = state.total / n
        covariance = state.square / n - mean[:, None] * mean[None, :]
        start = jnp.where(state.curves > 0, 0.0, 1.0)  # white before the first batch
        return mean, covariance + (start + 1e-4) * jnp.eye(len(mean))
