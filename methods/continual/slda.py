"""Streaming linear discriminant analysis: class means and one covariance for all.

**Source**: Hayes and Kanan, "Lifelong Machine Learning with Deep Streaming Linear Discriminant Analysis", 2020,
https://arxiv.org/abs/1909.01520 (section 3).

    w_c = S^-1 mu_c,    score_c(x) = w_c . phi(x) - w_c . mu_c / 2,    S = (1 - e) cov + e I

**Differs from the paper**: 1. the covariance is pooled from sums of squares at prediction, which does not depend on the
order of examples.

**Shapes**: b batch, f features, c classes.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.continual._heads import class_sums
from toybench.tasks.continual import PhaseStep, features


class State(NamedTuple):
    """Sums [c, f] and counts [c] by class, and the sum of outer products [f, f]."""

    sums: jax.Array
    counts: jax.Array
    outer: jax.Array


class SLDA(Method):
    """Linear classifier in closed form."""

    shrink: float = 0.0001  # e, 0 to 1; the paper's value

    deterministic = True
    space = {"shrink": (0.0001, 0.01, 0.1)}

    def init(self, key: jax.Array) -> State:
        c, f = self.spec.classes, self.spec.features
        return State(sums=jnp.zeros((c, f)), counts=jnp.zeros(c), outer=jnp.zeros((f, f)))

    def update(self, state: State, batch: PhaseStep, key: jax.Array) -> State:
        def add() -> State:
            z = features(self.given, batch.data.x)
            sums, counts = class_sums(batch.data, z, self.spec.classes)
            outer = (z * batch.data.weight[:, None]).T @ z
            return State(state.sums + sums, state.counts + counts, state.outer + outer)

        return jax.lax.cond(batch.position == 0, add, lambda: state)

    def class_scores(self, state: State, x: jax.Array) -> jax.Array:
        mean = state.sums / jnp.maximum(state.counts, 1.0)[:, None]
        within = (state.outer - (state.counts[:, None] * mean).T @ mean) / jnp.maximum(state.counts.sum(), 1.0)
        spread = (1 - self.shrink) * within + self.shrink * jnp.eye(len(within))
        w = jnp.linalg.solve(spread, mean.T)  # [f, c]
        return features(self.given, x) @ w - 0.5 * (w * mean.T).sum(0)[None, :]
