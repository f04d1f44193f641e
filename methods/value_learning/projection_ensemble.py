"""A categorical and a quantile head learn one mixture; where their laws disagree there is something to explore.

**Source**: Zanger, Boehmer and Spaan, "Diverse Projection Ensembles for Distributional Reinforcement Learning", 2023,
https://arxiv.org/abs/2306.07124, the authors' code: `common/pedqn.py` (targets, losses, bonus), the class
`ImpalaCNNPEDQN` of `common/networks.py` and `RunningMeanStdTh` of `common/utils.py`.

    both heads fit r + discount (1 - done) Z'(s1, a*),  Z' = (Z_categorical + Z_quantile) / 2,  a* best in the mean
    b = (W1(Z_categorical, Z_quantile) - mean) / deviation,   U <- discount (1 - done) (U + b)(s1, a')
    a = argmax E Z + c (U + b)

**Differs from the paper**: 1. a small network in place of a convolutional one, 11 atoms in place of 101. 2. The bonus
to come is a number, not two laws. 3. Its weight is constant, as the judged policy has no bonus; no random actions, no
prioritised memory, one-step targets. 4. The disagreement's moments are of the actions played, a batch at a time. The
bonus isn't multiplied by 1 - discount, so that a head that starts near 1 is small beside it; c is so much smaller.

**Shapes**: b items, a actions, m atoms or quantiles.
"""

import jax
import jax.numpy as jnp

from toybench.blocks import rl
from toybench.methods.value_learning._ensemble import ATOMS, PRIOR, Ensemble, Law, cross_entropy, quantile_loss


class ProjectionEnsemble(Ensemble):
    """One head of each kind; only the quantiles have a prior, as in the authors' code."""

    paper = "zanger2023diverse"

    @property
    def priors(self) -> tuple[float, ...]:
        return (0.0, PRIOR)

    def laws(self, raw: jax.Array) -> Law:
        even = jnp.full_like(raw[..., 1, :, :], 1 / ATOMS)
        fixed = jnp.broadcast_to(self.atoms, even.shape)
        return Law(
            place=jnp.stack([fixed, raw[..., 1, :, :]], -3),
            mass=jnp.stack([jax.nn.softmax(raw[..., 0, :, :], -1), even], -3),
        )

    def projected(self, raw: jax.Array) -> jax.Array:
        laws = self.laws(raw)
        quantiles = rl.categorical_projection(self.atoms, laws.place[..., 1, :, :], laws.mass[..., 1, :, :])
        return jnp.stack([laws.mass[..., 0, :, :], quantiles], -3)

    def fit(self, raw: jax.Array, wanted: Law) -> jax.Array:
        return cross_entropy(raw[:, 0], wanted, self.atoms) + quantile_loss(raw[:, 1], wanted)
