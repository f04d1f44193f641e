"""Hypernetwork whose outputs are added to independent weights: the other half of MIP.

**Source**: Gonzalez Ortiz, Guttag and Dalca, "Magnitude Invariant Parametrizations Improve Hypernetwork Learning",
2023, https://arxiv.org/abs/2304.07645, in the authors' library hyperlight, `hyperlight/hypernet/model.py`,
`encoding.py` and `initialization.py` there: an ablation of the paper.

    theta = theta_0 + h(gamma)        theta_0 starts as a network of its own

**Differs from the paper**: 1. two hidden layers of 32 units, a main network of 321 weights. 2. The last layer's start
is scaled to the main network's own and tuned; in the library it has the variance 1 / w, which is `start=library`.

**Shapes**: b hyperparameter vectors, w weights of a main network.
"""

import jax

from toybench.methods.hypernetworks._hypernet import SQUARE, Hypernet, Net, run_net, start_net
from toybench.tasks.hypernetworks import KNOBS


class ResidualOnly(Hypernet):
    """Independent weights, and inputs as they are."""

    def begin(self, key: jax.Array) -> Net:
        return start_net(self, key, KNOBS, SQUARE, residual=True)

    def generate(self, params: Net, gamma: jax.Array) -> jax.Array:
        return run_net(params, gamma)
