"""Direct feedback alignment: the output error goes to every hidden layer through a fixed random matrix of its own.

**Source**: Nokland, "Direct Feedback Alignment Provides Learning in Deep Neural Networks", 2016,
https://arxiv.org/abs/1609.01596 (section 3).

    d_l = (e B_l) f'(a_l),   B_l [c, n_l] ~ N(0, 1/c), fixed

**Differs from the paper**: 1. Gaussian B; the paper draws uniform ones, scaled for each network.

**Shapes**: b batch, c classes; e [b, c] output error, d_l [b, n_l] errors, h_l [b, n_l] activities.
"""

import jax

from toybench.methods.local_learning._rule import Network, State
from toybench.tasks.local_learning import Examples, Weights, assemble, slope


class DirectFeedbackAlignment(Network):
    """Layers learn independently of one another, given the output error."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {f"b{i}": (self.spec.classes, n) for i, n in enumerate(self.spec.hidden)}

    def place(self, arrays: dict[str, jax.Array], weights: Weights) -> tuple[dict, list[jax.Array]]:
        return {}, [b / self.spec.classes**0.5 for b in arrays.values()]

    def direction(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        hs, error = self.errors(state, batch)
        sent = [(error @ b) * slope(self.spec.activation, h) for h, b in zip(hs[1:], state.fixed, strict=True)]
        return assemble(hs, [*sent, error])
