"""Feedback alignment: errors travel back through fixed random matrices.

**Source**: Lillicrap, Cownden, Tweed and Akerman, "Random synaptic feedback weights support error backpropagation for
deep learning", Nature Communications 7, 2016, https://doi.org/10.1038/ncomms13276 (also arXiv 1411.0247).

    d_{l-1} = (d_l B_l) f'(a_{l-1}),   B_l [n_l, n_{l-1}] random and fixed

**Differs from the paper**: 1. Gaussian B of the scale of the initial weights; the paper draws uniform ones.

**Shapes**: b batch; d_l [b, n_l] errors, h_l [b, n_l] activities.
"""

import jax

from toybench.methods.local_learning._rule import Network, State, drawn_like_weights
from toybench.tasks.local_learning import Examples, Weights, assemble, transposed


class FeedbackAlignment(Network):
    """The transposed weights are replaced by a random matrix a layer."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return self.back_shapes()

    def place(self, arrays: dict[str, jax.Array], weights: Weights) -> tuple[dict, list[jax.Array]]:
        return {}, drawn_like_weights(arrays)

    def direction(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        hs, error = self.errors(state, batch)
        return assemble(hs, transposed(self.spec, hs, error, state.fixed))
