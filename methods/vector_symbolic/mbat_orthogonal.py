"""Matrix binding of additive terms with random orthogonal matrices.

**Source**: Gallant, "Orthogonal Matrices for MBAT Vector Symbolic Architectures, and a "Soft" VSA Representation for
JSON", 2022, https://arxiv.org/abs/2202.04771.

    node = sum_k M_k child_k        M_k^T M_k = 1
    unbind(k, v) = M_k^T v          exact, at every depth: all that is lost is lost to the other terms of the sum

**Differs from the paper**: 1. keys alone, no arrays, numbers or other types of JSON. 2. M_k is the Q of a normal
matrix, without the sign correction that would make it uniform. 3. a record is normalised at its root alone.

**Shapes**: b vectors, d dimensions, k keys.
"""

import jax
import jax.numpy as jnp

from toybench.methods.vector_symbolic._mbat import Keys, Matrices, normal_matrices


class MBATOrthogonal(Matrices):
    """An isometry that doesn't commute."""

    paper = "gallant2022orthogonal"

    def operators(self, key: jax.Array) -> Keys:
        matrices = jnp.linalg.qr(normal_matrices(key, self.spec.keys, self.spec.dim))[0]
        return Keys(bind=matrices, unbind=matrices.swapaxes(-1, -2))
