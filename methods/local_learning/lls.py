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

from toybench.methods.local_learning._waves import WaveClassifier


class LLS(WaveClassifier):
    """Nothing but the network itself is learned."""

    paper = "apolinario2024lls"
