"""Product feedback alignment: errors pass a wider population, through a fixed random and a learned matrix.

**Source**: Li and Benna, "Deep Learning without Weight Symmetry", 2024, https://arxiv.org/abs/2405.20594.

    d_{l-1} = ((d_l B_l) R_l) f'(a_{l-1}),   B_l [n_l, m] fixed,   dR_l = (d_l B_l)^T h_{l-1} / b
    with weight decay on W and R, R_l comes to equal B_l^T W_l^T, so that B_l R_l is nearly proportional to W_l^T

No backward matrix has the shape of a forward one.

**Differs from the paper**: 1. B Gaussian of variance 1/m, so that B B^T is near the identity; the authors' code draws
uniform ones of similar size. 2. decay is decoupled from the optimiser. 3. dense layers only.

**Shapes**: b batch, m = expand * n_l; d_l [b, n_l] errors, h_l [b, n_l] activities, R_l [m, n_{l-1}].
"""

from typing import Any

import jax

from toybench.methods.local_learning._rule import Network, State
from toybench.tasks.local_learning import Examples, Layer, Weights, slope


class ProductFeedbackAlignment(Network):
    """R starts at random, like the weights."""

    decay: float = 0.01  # weight decay per unit of learning rate, on W and R
    expand: int = 4  # how many times wider than the layer above the backward population is

    paper = "li2024deep"

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        backs = self.back_shapes()
        fixed: dict[str, tuple[int, ...]] = {name: (n, self.expand * n) for name, (n, _) in backs.items()}
        return fixed | {f"r{name}": (self.expand * n, m) for name, (n, m) in backs.items()}

    def place(self, arrays: dict[str, jax.Array], weights: Weights) -> tuple[Any, Any]:
        scaled = [a / a.shape[1] ** 0.5 for a in arrays.values()]
        half = len(scaled) // 2
        return scaled[half:], scaled[:half]

    def change(self, state: State, batch: Examples, key: jax.Array) -> dict:
        hs, delta = self.errors(state, batch)
        weights: list[Layer] = []
        learned: list[jax.Array] = []
        count = len(batch.y)
        backs = [(None, None), *zip(state.fixed, state.params["learned"], strict=True)]
        for h, (b, r) in zip(reversed(hs), reversed(backs), strict=True):
            weights.insert(0, Layer(w=h.T @ delta / count, b=delta.mean(0)))
            if r is not None:
                middle = delta @ b  # [b, m]
                learned.insert(0, middle.T @ h / count)
                delta = (middle @ r) * slope(self.spec.activation, h)
        return {"weights": tuple(weights), "learned": learned}
