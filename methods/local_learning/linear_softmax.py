"""A linear classifier on the inputs: what a network without hidden layers reaches.

**Source**: standard (multinomial logistic regression, by gradient descent).

    z = x W + b,   dW = x^T (softmax(z) - onehot(y)) / b

**Differs from the paper**: nothing.

**Shapes**: b batch; x [b, d], z [b, c].
"""

import jax

from toybench.methods.local_learning._rule import State, Trained
from toybench.tasks.local_learning import Examples, gradient


class LinearSoftmax(Trained):
    """One layer, trained by its exact gradient."""

    @property
    def pairs(self) -> list[tuple[int, int]]:
        return [(self.spec.features, self.spec.classes)]

    def change(self, state: State, batch: Examples, key: jax.Array) -> dict:
        return {"weights": gradient(self.spec, state.params["weights"], batch), "learned": {}}
