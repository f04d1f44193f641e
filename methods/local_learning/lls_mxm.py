"""Local learning by synchronisation, with a learned matrix that says which waves speak for which class.

**Source**: Apolinario, Roy and Roy, "LLS: Local Learning Rule for Deep Neural Networks Inspired by Neural Activity
Synchronization", 2024, https://arxiv.org/abs/2405.15868 (section 3, LLS-MxM).

    L_l = cross_entropy(P_l z_l M_l / tau, y),   M_l [c, c] learned, N(0, 0.01^2) at the start

**Differs from the paper**: 1. see `lls`.

**Shapes**: b batch, c classes; h_l [b, n_l] activities, z_l = h_l / |h_l|, P_l [c, n_l].
"""

import jax

from toybench.methods.local_learning._rule import Weights
from toybench.methods.local_learning._waves import WaveClassifier


class LLSMxM(WaveClassifier):
    """c^2 learned numbers a layer beside the network."""

    paper = "apolinario2024lls"

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {f"m{i}": (self.spec.classes,) * 2 for i in range(len(self.spec.hidden))}

    def place(self, arrays: dict[str, jax.Array], weights: Weights) -> tuple[dict, tuple]:
        return {name: 0.01 * m for name, m in arrays.items()}, ()

    def mix(self, projections: jax.Array, mixing: jax.Array) -> jax.Array:
        return projections @ mixing
