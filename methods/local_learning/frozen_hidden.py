"""Random hidden layers under a trained readout: what a rule must beat to have trained the hidden layers at all.

**Source**: Huang, Zhu and Siew, "Extreme learning machine: Theory and applications", Neurocomputing 70, 2006,
https://doi.org/10.1016/j.neucom.2005.12.126 (random hidden units, trained readout).

    dW_L = h_{L-1}^T e / b,   dW_l = 0 below

**Differs from the paper**: 1. several hidden layers. 2. the readout is trained by gradient descent like all others
here, not by least squares.

**Shapes**: b batch; h_l [b, n_l] activities, e [b, c] output error.
"""

import jax
import jax.numpy as jnp

from toybench.methods.local_learning._rule import Network, State
from toybench.tasks.local_learning import Examples, Weights, assemble


class FrozenHidden(Network):
    """Only the readout learns."""

    def direction(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        hs, error = self.errors(state, batch)
        below = jax.tree.map(jnp.zeros_like, state.params["weights"][:-1])
        return (*below, *assemble(hs[-1:], [error]))
