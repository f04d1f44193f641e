"""Matrix binding of additive terms with random normal matrices, unbound by their ridge inverses.

**Source**: Gallant and Okaywe, "Representing Objects, Relations, and Sequences", Neural Computation 25(8), 2013,
https://doi.org/10.1162/NECO_a_00467, for the binding; the ridge inverse is what a careful user would try.

    node = sum_k M_k child_k                              (M_k)_ij ~ N(0, 1/d)
    unbind(k, v) = (M_k^T M_k + ridge 1)^-1 M_k^T v       ridge 0: the inverse; ridge -> inf: the transpose

The inverse undoes a path exactly, and blows up what the other terms of the sum left there.

**Differs from the paper**: 1. the ridge inverse. 2. a record is normalised at its root alone.

**Shapes**: b vectors, d dimensions, k keys.
"""

import jax
import jax.numpy as jnp

from toybench.methods.vector_symbolic._mbat import Keys, Matrices, normal_matrices


class MBATRidge(Matrices):
    """Doesn't commute; not an isometry, and unbound as well as a linear map can."""

    ridge: float = 1.0  # added to the squared singular values, which lie between 0 and 4

    space = {"ridge": (0.3, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0, 300.0)}

    def operators(self, key: jax.Array) -> Keys:
        matrices = normal_matrices(key, self.spec.keys, self.spec.dim)
        transposed = matrices.swapaxes(-1, -2)
        gram = transposed @ matrices + self.ridge * jnp.eye(self.spec.dim)[None]
        return Keys(bind=matrices, unbind=jnp.linalg.solve(gram, transposed))
