"""What local losses on fixed waves share: a cosine a class over a layer's units, and errors that stay in their layer.

Shapes: b batch, c classes, n units of a layer.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.local_learning._rule import Network, State
from toybench.tasks.local_learning import Examples, assemble, pointwise_loss, slope


class WaveClassifier(Network):
    """Every hidden layer lowers the cross-entropy of its own activity projected on the classes' waves."""

    temperature: float = 0.3  # tau: activity has length 1, waves sqrt(n / 2); tuned, as in the paper
    space = {"lr": (0.01, 0.03), "temperature": (0.1, 0.3, 1.0)}

    def mix(self, projections: jax.Array, mixing: Any) -> jax.Array:
        """Projections [b, c] on the waves to scores of classes [b, c]; the same by default."""
        return projections

    def local_loss(self, h: jax.Array, mixing: Any, y: jax.Array) -> jax.Array:
        """Summed cross-entropy of activities h [b, n] of one layer."""
        z = h / (jnp.linalg.norm(h, axis=1, keepdims=True) + 1e-6)
        logits = self.mix(z @ waves(self.spec.classes, h.shape[1]).T, mixing) / self.temperature
        return pointwise_loss("cross_entropy", logits, y).sum()

    def change(self, state: State, batch: Examples, key: jax.Array) -> dict:
        hs, error = self.errors(state, batch)
        deltas, changes = [], []
        for i, h in enumerate(hs[1:]):
            mixing = state.params["learned"].get(f"m{i}", ())
            by_h, by_mixing = jax.grad(self.local_loss, (0, 1))(h, mixing, batch.y)
            deltas.append(by_h * slope(self.spec.activation, h))
            changes.append(by_mixing)
        learned = {name: changes[int(name[1:])] / len(error) for name in state.params["learned"]}
        return {"weights": assemble(hs, [*deltas, error]), "learned": learned}


def waves(classes: int, units: int) -> jax.Array:
    """P [c, n]: cosines of frequencies 1 ... c over the layer; orthogonal, each of squared length n / 2."""
    frequency, place = 1.0 + jnp.arange(float(classes)), (0.5 + jnp.arange(float(units))) / units
    return jnp.cos(jnp.pi * frequency[:, None] * place[None, :])
