"""Forward gradient: the loss' derivative along a random direction of weight space, times that direction.

**Source**: Baydin, Pearlmutter, Syme, Wood and Torr, "Gradients without Backpropagation", 2022,
https://arxiv.org/abs/2202.08587 (definition 1).

    g = (grad L . v) v,   v ~ N(0, I),   one evaluation in forward mode
    E g = grad L,   E |g|^2 = (p + 2) |grad L|^2 for p weights

**Differs from the paper**: 1. the estimate goes through the task's optimiser (Adam or momentum); the paper uses plain
gradient descent with a decaying rate.

**Shapes**: b batch, p weights in all.
"""

import jax

from toybench.methods.local_learning._rule import Estimating, State, normal_like
from toybench.tasks.local_learning import Examples, Weights, loss


class ForwardGradient(Estimating):
    """No backward pass, and a variance that grows with the number of weights."""

    paper = "baydin2022gradients"

    def estimate(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        weights = state.params["weights"]
        v = normal_like(key, weights)
        _, along = jax.jvp(lambda w: loss(self.spec, w, batch), (weights,), (v,))
        return jax.tree.map(lambda x: along * x, v)
