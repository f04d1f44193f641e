"""The optimal polynomial basis for one graph and one signal: three terms of Lanczos' recurrence make it orthonormal.

**Source**: Guo and Wei, "Graph Neural Networks with Learnable and Optimal Polynomial Bases", 2023,
https://arxiv.org/abs/2302.12432, in the authors' code `Normal` of `Regression/models.py` and
`layers/NormalBasisConv.py`.

    v_0 = x / |x|    u = P v_k - <P v_k, v_k> v_k - <P v_k, v_{k-1}> v_{k-1}    v_{k+1} = u / |u|
    y' = sum_k a_k v_k

**Differs from the paper**: 1. one channel, no weight decay. 2. It starts at the best constant, not at the unit filter.

**Shapes**: n nodes, k the filter's degree.
"""

import jax
import jax.numpy as jnp

from toybench.methods.graph_filters._descent import FixedBasis, first
from toybench.tasks.graph_filters import TINY


class Optbasis(FixedBasis):
    """Gram matrix I: a unit step of plain descent is the last one needed."""

    paper = "guo2023graph"

    def basis(self) -> jax.Array:
        pair = self.given

        def extend(last: tuple[jax.Array, jax.Array], _: None) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
            now, before = last
            read = pair.propagation @ now
            new = read - (read @ now) * now - (read @ before) * before
            new = new / jnp.maximum(jnp.linalg.norm(new), TINY)
            return (new, now), new

        start = pair.x / jnp.maximum(jnp.linalg.norm(pair.x), TINY)
        _, later = jax.lax.scan(extend, (start, jnp.zeros_like(start)), None, length=self.spec.degree)
        return jnp.concatenate([start[None, :], later])

    def identity(self) -> jax.Array:
        return jnp.linalg.norm(self.given.x) * first(self.spec.degree)
