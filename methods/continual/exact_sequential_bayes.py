"""Exact sequential Bayesian inference: the posterior after a task is the prior of the next, in one linear model.

**Source**: Kessler, Cobb, Rudner, Zohren and Roberts, "On Sequential Bayesian Inference for Continual Learning", 2023,
https://arxiv.org/abs/2301.01828, section 4.

    p(w | D_1..t) ~ p(D_t | w) p(w | D_1..t-1):   A <- A + Phi' Phi / s^2,   b <- b + Phi' y / s^2,   mean A^-1 b

**Differs from the paper**: 1. linear regression on local features instead of the mean of a Gaussian, so that the same
exact inference meets tasks that agree with the model and tasks that don't. 2. the task's identity is given, not used.

**Shapes**: n points of a task, f features.
"""

from typing import Any, NamedTuple

import jax

from toybench.methods.continual._linear_bayes import LinearBayes
from toybench.tasks.continual import Points


class State(NamedTuple):
    """Natural parameters of the posterior: [f, f] and [f]."""

    params: Any


class ExactSequentialBayes(LinearBayes):
    """One model for all tasks."""

    paper = "kessler2023sequential"

    def init(self, key: jax.Array) -> State:
        return State(params=self.nothing())

    def update(self, state: State, batch: Points, key: jax.Array) -> State:
        def absorb() -> Any:
            seen = self.evidence(batch.all_x, batch.all_y, batch.weight)
            return jax.tree.map(lambda a, b: a + b, state.params, seen)

        return State(params=jax.lax.cond(batch.start, absorb, lambda: state.params))

    def value(self, state: State, x: jax.Array, task: jax.Array) -> jax.Array:
        return self.mean_at(state.params, x)
