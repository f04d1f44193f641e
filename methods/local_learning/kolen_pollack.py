"""Kolen-Pollack learning: backward and forward weights share their changes, and decay forgets the difference.

**Source**: Akrout, Wilson, Humphreys, Lillicrap and Tweed, "Deep Learning without Weight Transport", 2019,
https://arxiv.org/abs/1904.05391 (section 4), after Kolen and Pollack, 1994.

    d_{l-1} = (d_l B_l) f'(a_{l-1}),   dB_l = dW_l^T,   both with weight decay
    B_l - W_l^T shrinks by 1 - lr * decay a step

**Differs from the paper**: 1. decay is decoupled from the optimiser, so that the law holds exactly under momentum
and Adam.

**Shapes**: b batch; d_l [b, n_l] errors, W_l [n_{l-1}, n_l], B_l [n_l, n_{l-1}].
"""

import jax

from toybench.methods.local_learning._rule import Network, State, drawn_like_weights
from toybench.tasks.local_learning import Examples, Weights, assemble, transposed


class KolenPollack(Network):
    """Backward and forward weights start apart and are pulled together."""

    decay: float = 0.01  # weight decay per unit of learning rate, forward and backward

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return self.back_shapes()

    def place(self, arrays: dict[str, jax.Array], weights: Weights) -> tuple[list[jax.Array], tuple]:
        return drawn_like_weights(arrays), ()

    def change(self, state: State, batch: Examples, key: jax.Array) -> dict:
        hs, error = self.errors(state, batch)
        direction = assemble(hs, transposed(self.spec, hs, error, state.params["learned"]))
        return {"weights": direction, "learned": [layer.w.T for layer in direction[1:]]}
