"""Two quantile heads learn one mixture, and explore where they disagree: one projection instead of two.

**Source**: Zanger, Boehmer and Spaan, "Diverse Projection Ensembles for Distributional Reinforcement Learning", 2023,
https://arxiv.org/abs/2306.07124, the authors' code: `common/pedqn.py` (targets, losses, bonus), the class
`ImpalaCNNPEDQN` of `common/networks.py` and `RunningMeanStdTh` of `common/utils.py`.

    as `projection_ensemble`, with Z_1 and Z_2 both of {1/m at each of m quantiles}

**Differs from the paper**: 1. a small network in place of a convolutional one, 11 atoms in place of 101. 2. The bonus
to come is a number, not two laws. 3. Its weight is constant, as the judged policy has no bonus; no random actions, no
prioritised memory, one-step targets. 4. The disagreement's moments are of the actions played, a batch at a time. The
bonus isn't multiplied by 1 - discount, so that a head that starts near 1 is small beside it; c is so much smaller.
5. Both heads have priors: nothing else makes them differ.

**Shapes**: b items, a actions, m quantiles.
"""

import jax
import jax.numpy as jnp

from toybench.blocks import rl
from toybench.methods.value_learning._ensemble import ATOMS, PRIOR, Ensemble, Law, quantile_loss


class QuantileEnsemble(Ensemble):
    """Two heads of quantiles."""

    @property
    def priors(self) -> tuple[float, ...]:
        return (PRIOR, PRIOR)

    def laws(self, raw: jax.Array) -> Law:
        return Law(place=raw, mass=jnp.full_like(raw, 1 / ATOMS))

    def projected(self, raw: jax.Array) -> jax.Array:
        laws = self.laws(raw)
        return rl.categorical_projection(self.atoms, laws.place, laws.mass)

    def fit(self, raw: jax.Array, wanted: Law) -> jax.Array:
        return quantile_loss(raw[:, 0], wanted) + quantile_loss(raw[:, 1], wanted)
