"""The posterior of one linear model given the points of all tasks at once: what sequential inference has to equal.

**Source**: Kessler, Cobb, Rudner, Zohren and Roberts, "On Sequential Bayesian Inference for Continual Learning", 2023,
https://arxiv.org/abs/2301.01828, equation 1 (multi-task inference).

    p(w | D_1..T) ~ p(w) prod_t p(D_t | w),  solved from all points by the least squares of [Phi / s; sqrt(prior) I]

**Differs from the paper**: 1. linear regression on local features.

**Shapes**: n points of a task, t tasks, f features.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.continual._linear_bayes import LinearBayes
from toybench.tasks.continual import Points, bumps


class State(NamedTuple):
    """Points of all tasks so far: x, y and weight, [t, n] each."""

    kept: Any


class JointBayes(LinearBayes):
    """Stores every point and solves once, by QR rather than by the natural parameters."""

    paper = "kessler2023sequential"

    def init(self, key: jax.Array) -> State:
        return State(kept=tuple(jnp.zeros((3, self.spec.tasks, self.spec.points))))

    def update(self, state: State, batch: Points, key: jax.Array) -> State:
        now = (batch.all_x, batch.all_y, batch.weight)
        return State(kept=tuple(k.at[batch.task].set(new) for k, new in zip(state.kept, now, strict=True)))

    def value(self, state: State, x: jax.Array, task: jax.Array) -> jax.Array:
        seen_x, y, weight = (k.reshape(-1) for k in state.kept)
        scale = jnp.sqrt(weight) / self.noise
        phi = bumps(seen_x) * scale[:, None]
        f = phi.shape[1]
        q, r = jnp.linalg.qr(jnp.concatenate([phi, jnp.sqrt(self.prior) * jnp.eye(f)]))
        mean = jax.scipy.linalg.solve_triangular(r, q.T @ jnp.concatenate([y * scale, jnp.zeros(f)]))
        return bumps(x) @ mean
