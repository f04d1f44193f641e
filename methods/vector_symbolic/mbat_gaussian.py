"""Matrix binding of additive terms with random normal matrices, unbound by their transposes.

**Source**: Gallant and Okaywe, "Representing Objects, Relations, and Sequences", Neural Computation 25(8), 2013,
https://doi.org/10.1162/NECO_a_00467.

    node = sum_k M_k child_k        (M_k)_ij ~ N(0, 1/d)
    unbind(k, v) = M_k^T v          M_k^T M_k is the identity in the mean alone

After L bindings the cosine of M^T..M^T M..M v with v is 1 / sqrt(L + 1) for large d, also for one matrix L times: the
second moment of the product's squared singular values is the Fuss-Catalan number L + 1.

**Differs from the paper**: 1. a record is normalised at its root alone.

**Shapes**: b vectors, d dimensions, k keys.
"""

import jax

from toybench.methods.vector_symbolic._mbat import Keys, Matrices, normal_matrices


class MBATGaussian(Matrices):
    """Doesn't commute; not an isometry."""

    def operators(self, key: jax.Array) -> Keys:
        matrices = normal_matrices(key, self.spec.keys, self.spec.dim)
        return Keys(bind=matrices, unbind=matrices.swapaxes(-1, -2))
