"""Two categorical heads learn one mixture, and explore where they disagree: one projection instead of two.

**Source**: Zanger, Boehmer and Spaan, "Diverse Projection Ensembles for Distributional Reinforcement Learning", 2023,
https://arxiv.org/abs/2306.07124, the authors' code: `common/pedqn.py` (targets, losses, bonus), the class
`ImpalaCNNPEDQN` of `common/networks.py` and `RunningMeanStdTh` of `common/utils.py`.

    as `projection_ensemble`, with Z_1 and Z_2 both of {softmax of logits on fixed atoms}

**Differs from the paper**: 1. a small network in place of a convolutional one, 11 atoms in place of 101. 2. The bonus
to come is a number, not two laws. 3. Its weight is constant, as the judged policy has no bonus; no random actions, no
prioritised memory, one-step targets. 4. The disagreement's moments are of the actions played, a batch at a time. The
bonus isn't multiplied by 1 - discount, so that a head that starts near 1 is small beside it; c is so much smaller.
5. Both heads have priors on their logits: nothing else makes them differ.

**Shapes**: b items, a actions, m atoms.
"""

import jax
import jax.numpy as jnp

from toybench.methods.value_learning._ensemble import PRIOR, Ensemble, Law, cross_entropy


class CategoricalEnsemble(Ensemble):
    """Two heads of masses on atoms."""

    @property
    def priors(self) -> tuple[float, ...]:
        return (PRIOR, PRIOR)

    def laws(self, raw: jax.Array) -> Law:
        return Law(place=jnp.broadcast_to(self.atoms, raw.shape), mass=self.projected(raw))

    def projected(self, raw: jax.Array) -> jax.Array:
        return jax.nn.softmax(raw, -1)

    def fit(self, raw: jax.Array, wanted: Law) -> jax.Array:
        return cross_entropy(raw[:, 0], wanted, self.atoms) + cross_entropy(raw[:, 1], wanted, self.atoms)
