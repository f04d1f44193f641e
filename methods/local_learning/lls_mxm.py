"""Local learning by synchronisation, with a learned matrix that says which waves speak for which class.

**Source**: Apolinario, Roy and Roy, "LLS: Local Learning Rule for Deep Neural Networks Inspired by Neural Activity
Synchronization", 2024, https://arxiv.org/abs/2405.15868 (section 3, LLS-MxM).

    L_l = cross_entropy(P_l z_l M_l / tau, y),   M_l [c, c] learned, N(0, 0.01^2) at the start

**Differs from the paper**: 1. see `lls`.

**Shapes**: b batch, c classes; h_l [b, n_l] activities, z_l = h_l / |h_l|, P_l [c, n_l].
"""

from typing import Any

import jax

from toybench.methods.local_learning._rule import Network, State, wave_scores
from toybench.tasks.local_learning import Examples, Weights, assemble, pointwise_loss, slope

MIXING = 0.01  # standard deviation of a mixing matrix' numbers at the start


class LLSMxM(Network):
    """c^2 learned numbers a layer beside the network."""

    temperature: float = 0.3  # tau: activity has length 1, waves sqrt(n / 2); tuned, as in the paper

    paper = "apolinario2024lls"
    space = {"lr": (0.01, 0.03), "temperature": (0.1, 0.3, 1.0)}

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {f"m{i}": (self.spec.classes,) * 2 for i in range(len(self.spec.hidden))}

    def place(self, arrays: dict[str, jax.Array], weights: Weights) -> tuple[dict, tuple]:
        return {name: MIXING * m for name, m in arrays.items()}, ()

    def local_loss(self, h: jax.Array, mixing: jax.Array, y: jax.Array) -> jax.Array:
        """Summed cross-entropy of activities h [b, n] of one layer."""
        logits = wave_scores(h, self.spec.classes) @ mixing / self.temperature
        return pointwise_loss("cross_entropy", logits, y).sum()

    def change(self, state: State, batch: Examples, key: jax.Array) -> Any:
        hs, error = self.errors(state, batch)
        deltas: list[jax.Array] = []
        learned: dict[str, jax.Array] = {}
        for i, h in enumerate(hs[1:]):
            mixing = state.params["learned"][f"m{i}"]
            by_h, by_mixing = jax.grad(self.local_loss, (0, 1))(h, mixing, batch.y)
            deltas.append(by_h * slope(self.spec.activation, h))
            learned[f"m{i}"] = by_mixing / len(error)
        return {"weights": assemble(hs, [*deltas, error]), "learned": learned}
