"""Sign symmetry: errors travel back through the signs of the forward weights.

**Source**: Liao, Leibo and Poggio, "How Important is Weight Symmetry in Backpropagation?", 2016,
https://arxiv.org/abs/1510.05067 (uniform sign-concordant feedback).

    d_{l-1} = (d_l sign(W_l^T)) f'(a_{l-1}) / sqrt(n_{l-1})

**Differs from the paper**: 1. the common size is that of the initial weights; batch normalisation and batch manhattan,
which the paper adds, are left out.

**Shapes**: b batch; d_l [b, n_l] errors, h_l [b, n_l] activities.
"""

import jax
import jax.numpy as jnp

from toybench.methods.local_learning._rule import Network, State
from toybench.tasks.local_learning import Examples, Weights, assemble, transposed


class SignSymmetry(Network):
    """One bit a synapse is shared between the directions."""

    def direction(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        hs, error = self.errors(state, batch)
        backs = [jnp.sign(layer.w.T) / len(layer.w) ** 0.5 for layer in state.params["weights"][1:]]
        return assemble(hs, transposed(self.spec, hs, error, backs))
