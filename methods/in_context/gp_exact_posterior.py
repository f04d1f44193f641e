"""The exact Gaussian-process posterior predictive under the task's own prior.

**Source**: reference of Mueller, Hollmann, Pineda Arango, Grabocka and Hutter, "Transformers Can Do Bayesian
Inference", 2021, https://arxiv.org/abs/2112.10510; textbook: Rasmussen and Williams, 2006, equations 2.25, 2.26
and 2.30.

    mean = k'(K + sigma^2 I)^-1 y,   variance = k(x, x) + sigma^2 - k'(K + sigma^2 I)^-1 k
    unknown hyperparameters: average of the predictives, weighted with prior times evidence

**Differs from the paper**: 1. the hyper-prior is integrated by Gauss-Hermite quadrature instead of Monte Carlo.

**Shapes**: b prompts, n context pairs, d inputs, q queries.
"""

from typing import Any

import jax

from toybench import Method
from toybench.tasks.in_context._regression import Moments, function_log_posterior, prompt_posterior


class GPExactPosterior(Method):
    """Answers linear prompts (kernel x.x', plus a quadratic one for the nonlinear response) and random functions."""

    deterministic = True

    def regress(self, state: Any, x: jax.Array, y: jax.Array, query: jax.Array) -> Moments:
        return prompt_posterior(self.spec, x, y, query)

    def log_density(
        self, state: Any, x: jax.Array, y: jax.Array, seen: jax.Array, query: jax.Array, target: jax.Array
    ) -> jax.Array:
        return function_log_posterior(self.spec, x, y, seen, query, target)
