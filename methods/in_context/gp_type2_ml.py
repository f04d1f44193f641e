"""Gaussian-process regression with hyperparameters of maximum likelihood (type II), found on a grid.

**Source**: baseline (GP with MLE-II) of Mueller, Hollmann, Pineda Arango, Grabocka and Hutter, "Transformers Can Do
Bayesian Inference", 2021, https://arxiv.org/abs/2112.10510; textbook: Rasmussen and Williams, 2006, section 5.4.

    (length, scale) = argmax log N(y; 0, scale^2 K_length + sigma^2 I),   then the exact predictive given these

**Differs from the paper**: 1. a grid instead of gradient ascent, so no local optimum; 2. the noise level is known,
which makes it stronger; 3. ties, as before the first observation, go to the prior's medians.

**Shapes**: b functions, n context points, q queries, h grid points.
"""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Method
from toybench.tasks.in_context._regression import function_posteriors, log_normal


class GPType2ML(Method):
    """Trusts one set of hyperparameters, however few the points."""

    lengths: int = 13  # grid from 1/16 to 16 times the prior's median length
    scales: int = 9  # grid from 1/8 to 8 times the median output scale

    deterministic = True

    def log_density(
        self, state: Any, x: jax.Array, y: jax.Array, seen: jax.Array, query: jax.Array, target: jax.Array
    ) -> jax.Array:
        square = np.meshgrid(np.linspace(-4, 4, self.lengths), np.linspace(-3, 3, self.scales))
        u, v = (a.ravel().astype(np.float32) for a in square)  # base-2 logarithms
        grid = self.spec.length * 2.0**u, 2.0**v
        mean, variance, evidence = function_posteriors(self.spec, x, y, seen, query, *grid)
        best = jnp.argmax(evidence - 1e-5 * jnp.asarray(u**2 + v**2)[:, None], axis=0)[None, :, None]
        mean, variance = (jnp.take_along_axis(a, best, axis=0)[0] for a in (mean, variance))
        return log_normal(target, mean, variance)
