"""Ordinary least squares on the prompt, with the textbook predictive variance.

**Source**: baseline of Akyurek, Schuurmans, Andreas, Ma and Zhou, "What learning algorithm is in-context learning?
Investigations with linear models", 2022, https://arxiv.org/abs/2211.15661, and of Liu, Cai, Chen and Li,
"Towards Better Understanding of In-Context Learning Ability from In-Context Uncertainty Quantification", 2024,
https://arxiv.org/abs/2405.15115 (its plug-in variance).

    w = (X'X)^-1 X'y,    s^2 = |y - Xw|^2 / (n - d),    variance = s^2 (1 + x'(X'X)^-1 x)

**Differs from the paper**: 1. a penalty of 1e-4 stands for the pseudo-inverse where X'X is near singular.

**Shapes**: b prompts, n context pairs, d inputs.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.in_context._weights import WeightEstimator, residual_variance
from toybench.tasks.in_context._regression import Moments


class OLS(WeightEstimator):
    """Uses nothing of the prior."""

    def regress(self, state: Any, x: jax.Array, y: jax.Array, query: jax.Array) -> Moments:
        d, n = x.shape[-1], x.shape[-2]
        gram = jnp.einsum("bni,bnj->bij", x, x) + 1e-4 * jnp.eye(d)[None]
        right = jnp.stack([jnp.einsum("bnd,bn->bd", x, y), query], axis=-1)
        w, spread = jnp.moveaxis(jnp.linalg.solve(gram, right), -1, 0)
        s2 = residual_variance(x, y, w, max(n - d, 1))
        return Moments(mean=(w * query).sum(-1), variance=s2 * (1.0 + (spread * query).sum(-1)))
