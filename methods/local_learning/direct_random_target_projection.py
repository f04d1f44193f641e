"""Direct random target projection: hidden layers are taught by a random projection of the label, without any error.

**Source**: Frenkel, Lefebvre and Bol, "Learning Without Feedback: Fixed Random Learning Signals Allow for Feedforward
Training of Deep Neural Networks", Frontiers in Neuroscience 15, 2021, https://arxiv.org/abs/1909.01311.

    d_l = -(onehot(y) B_l) f'(a_l),   B_l [c, n_l] ~ N(0, 1/c), fixed

The label stands for the error's sign: the error of the right class is the only negative one.

**Differs from the paper**: 1. Gaussian B; the paper draws them as it draws the weights.

**Shapes**: b batch, c classes; d_l [b, n_l] errors, h_l [b, n_l] activities.
"""

import jax

from toybench.methods.local_learning._rule import Network, State
from toybench.tasks.local_learning import Examples, Weights, assemble, slope


class DirectRandomTargetProjection(Network):
    """Hidden layers need not wait for the output."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {f"b{i}": (self.spec.classes, n) for i, n in enumerate(self.spec.hidden)}

    def place(self, arrays: dict[str, jax.Array], weights: Weights) -> tuple[dict, list[jax.Array]]:
        return {}, [b / self.spec.classes**0.5 for b in arrays.values()]

    def direction(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        hs, error = self.errors(state, batch)
        label = jax.nn.one_hot(batch.y, self.spec.classes)
        sent = [-(label @ b) * slope(self.spec.activation, h) for h, b in zip(hs[1:], state.fixed, strict=True)]
        return assemble(hs, [*sent, error])
