"""Exact Bayesian inference in a model of how the stream is made: one function a task.

**Source**: Kessler, Cobb, Rudner, Zohren and Roberts, "On Sequential Bayesian Inference for Continual Learning", 2023,
https://arxiv.org/abs/2301.01828, section 4 (a model of the continual learning problem).

    p(w_1..T | D) = prod_t p(w_t | D_t):   A_t = A_0 + Phi_t' Phi_t / s^2,   b_t = Phi_t' y_t / s^2

**Differs from the paper**: 1. linear regression on local features instead of means of Gaussians. 2. the task that a
point belongs to is given, not inferred.

**Shapes**: n points of a task, t tasks, f features.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.continual._linear_bayes import LinearBayes
from toybench.tasks.continual import Points


class State(NamedTuple):
    """Natural parameters of every task's posterior: [t, f, f] and [t, f]."""

    params: Any


class TaskMixtureBayes(LinearBayes):
    """A model a task, all with the same prior."""

    paper = "kessler2023sequential"

    def init(self, key: jax.Array) -> State:
        return State(params=jax.tree.map(lambda p: jnp.stack([p] * self.spec.tasks), self.nothing()))

    def update(self, state: State, batch: Points, key: jax.Array) -> State:
        def absorb() -> Any:
            seen = self.evidence(batch.all_x, batch.all_y, batch.weight)
            return jax.tree.map(lambda a, b: a.at[batch.task].add(b), state.params, seen)

        return State(params=jax.lax.cond(batch.start, absorb, lambda: state.params))

    def value(self, state: State, x: jax.Array, task: jax.Array) -> jax.Array:
        return self.mean_at(jax.tree.map(lambda p: p[task], state.params), x)
