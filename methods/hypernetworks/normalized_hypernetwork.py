"""Hypernetwork with layer normalisation before each activation: the usual remedy, in place of MIP's.

**Source**: Gonzalez Ortiz, Guttag and Dalca, "Magnitude Invariant Parametrizations Improve Hypernetwork Learning",
2023, https://arxiv.org/abs/2304.07645, in the authors' library hyperlight, `hyperlight/hypernet/model.py`,
`encoding.py` and `initialization.py` there: an ablation of the paper, which was read in the
abstract alone.

    theta = h(gamma)        with LN(W h + b) before each leaky relu

**Differs from the paper**: 1. two hidden layers of 32 units, a main network of 321 weights. 2. The last layer's start
is scaled to the main network's own and tuned; in the library it has the variance 1 / w, which is `start=library`.
3. Layer normalisation has no gains and biases.

**Shapes**: b hyperparameter vectors, w weights of a main network.
"""

import jax

from toybench.methods.hypernetworks._hypernet import UNITS, Hypernet, Net, run_net, start_net
from toybench.tasks.hypernetworks import KNOBS


class NormalizedHypernetwork(Hypernet):
    """The size of gamma is lost in the first layer."""

    def begin(self, key: jax.Array) -> Net:
        return start_net(self, key, KNOBS, UNITS / 2, residual=False)

    def generate(self, params: Net, gamma: jax.Array) -> jax.Array:
        return run_net(params, gamma, normalised=True)
