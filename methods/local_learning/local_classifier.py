"""Layers trained by linear classifiers of their own; no error crosses a layer.

**Source**: Belilovsky, Eickenberg and Oyallon, "Greedy Layerwise Learning Can Scale to ImageNet", 2019,
https://arxiv.org/abs/1812.11446, trained all at once as in their "Decoupled Greedy Learning", 2020,
https://arxiv.org/abs/1901.08164; also Nokland and Eidnes, 2019, https://arxiv.org/abs/1901.06656.

    d_l = (e_l H_l^T) f'(a_l),   e_l = softmax(h_l H_l) - onehot(y),   dH_l = h_l^T e_l / b

**Differs from the paper**: 1. dense layers and linear heads. 2. the last hidden layer's head is the readout, whose
gradient is exact.

**Shapes**: b batch, c classes; h_l [b, n_l] activities, H_l [n_l, c], d_l [b, n_l] errors.
"""

import jax

from toybench.methods.local_learning._rule import State, WithHeads, local_errors
from toybench.tasks.local_learning import Examples, assemble, transposed


class LocalClassifier(WithHeads):
    """Each hidden layer lowers the loss of a linear classifier on it, its input taken as given."""

    def change(self, state: State, batch: Examples, key: jax.Array) -> dict:
        hs, error = self.errors(state, batch)
        deltas, heads = local_errors(self.spec, hs, state.params["learned"], batch.y)
        if len(hs) > 1:
            top = transposed(self.spec, [hs[-2], hs[-1]], error, [state.params["weights"][-1].w.T])
            return {"weights": assemble(hs, [*deltas, *top]), "learned": heads}
        return {"weights": assemble(hs, [error]), "learned": heads}
