"""Nearest neighbours on the prompt: the mean response of the context pairs nearest to the query.

**Source**: baseline of Akyurek, Schuurmans, Andreas, Ma and Zhou, "What learning algorithm is in-context learning?
Investigations with linear models", 2022, https://arxiv.org/abs/2211.15661.

    prediction = 1/k sum_{i in nearest k} y_i

**Differs from the paper**: 1. unweighted neighbours only; 2. its variance is the spread of the context's responses.

**Shapes**: b prompts, n context pairs, d inputs.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.in_context._regression import Moments, nearest_neighbours


class KNNRegression(Method):
    """Knows nothing of linearity."""

    neighbours: int = 3  # k; the paper's value

    deterministic = True

    def regress(self, state: Any, x: jax.Array, y: jax.Array, query: jax.Array) -> Moments:
        mean = nearest_neighbours(x, y, query, self.neighbours)
        return Moments(mean=mean, variance=jnp.var(y, axis=-1) + 1e-2)
