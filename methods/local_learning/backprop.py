"""Back-propagation: the exact gradient, what the other rules of the study do without.

**Source**: Rumelhart, Hinton and Williams, "Learning representations by back-propagating errors", Nature 323, 1986,
https://doi.org/10.1038/323533a0.

    d_{l-1} = (d_l W_l^T) f'(a_{l-1}),   dW_l = h_{l-1}^T d_l / b

**Differs from the paper**: 1. the optimiser is the task's (Adam, unless a variant says otherwise).

**Shapes**: b batch; d_l [b, n_l] errors, h_l [b, n_l] activities.
"""

import jax

from toybench.methods.local_learning._rule import Network, State
from toybench.tasks.local_learning import Examples, Weights, gradient


class Backprop(Network):
    """Gradient descent on the loss."""

    def direction(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        return gradient(self.spec, state.params["weights"], batch)

    def activities(self, state: State, x: jax.Array, y: jax.Array) -> tuple[jax.Array, ...]:
        """What the hidden layers do, each [b, h]; they don't see the label."""
        return tuple(self.forward(state, x)[0][1:])
