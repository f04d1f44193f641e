"""Local learning by synchronisation: a layer's activity is to look like its class' fixed wave over the units.

**Source**: Apolinario, Roy and Roy, "LLS: Local Learning Rule for Deep Neural Networks Inspired by Neural Activity
Synchronization", 2024, https://arxiv.org/abs/2405.15868 (section 3, LLS).

    L_l = cross_entropy(P_l z_l / tau, y),   z_l = h_l / |h_l|,   P_l(c, t) = cos(pi c (t + 1/2) / n)
    d_l = (dL_l / dh_l) f'(a_l),   no error crosses a layer

**Differs from the paper**: 1. cosines of the lowest frequencies, which are orthogonal; the authors' code takes sines of
50 to 512 radians a unit. 2. no batch normalisation, and the task's nonlinearity in place of a leaky ReLU. 3. dense
layers, whose activity isn't pooled. 4. tau is tuned with the learning rate.

**Shapes**: b batch, c classes; h_l [b, n_l] activities, P_l [c, n_l], d_l [b, n_l] errors.
"""

import jax

from toybench.methods.local_learning._rule import Network, State, wave_scores
from toybench.tasks.local_learning import Examples, Weights, assemble, pointwise_loss, slope


class LLS(Network):
    """Nothing but the network itself is learned."""

    temperature: float = 0.3  # tau: activity has length 1, waves sqrt(n / 2); tuned, as in the paper

    paper = "apolinario2024lls"
    space = {"lr": (0.01, 0.03), "temperature": (0.1, 0.3, 1.0)}

    def local_loss(self, h: jax.Array, y: jax.Array) -> jax.Array:
        """Summed cross-entropy of activities h [b, n] of one layer."""
        logits = wave_scores(h, self.spec.classes) / self.temperature
        return pointwise_loss("cross_entropy", logits, y).sum()

    def direction(self, state: State, batch: Examples, key: jax.Array) -> Weights:
        hs, error = self.errors(state, batch)
        deltas = [jax.grad(self.local_loss)(h, batch.y) * slope(self.spec.activation, h) for h in hs[1:]]
        return assemble(hs, [*deltas, error])
