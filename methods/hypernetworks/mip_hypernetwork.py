"""Magnitude invariant parametrisation: inputs of constant length, outputs added to independent weights.

**Source**: Gonzalez Ortiz, Guttag and Dalca, "Magnitude Invariant Parametrizations Improve Hypernetwork Learning",
2023, https://arxiv.org/abs/2304.07645, in the authors' library hyperlight, `hyperlight/hypernet/model.py`,
`encoding.py` and `initialization.py` there.

    theta = theta_0 + h(E(gamma))        E = [cos(pi gamma / 2), sin(pi gamma / 2)], theta_0 the last layer's bias

**Differs from the paper**: 1. two hidden layers of 32 units, a main network of 321 weights. 2. The last layer's start
is scaled to the main network's own and tuned; in the library it has the variance 1 / w, which is `start=library`.

**Shapes**: b hyperparameter vectors, w weights of a main network.
"""

import jax

from toybench.methods.hypernetworks._hypernet import Hypernet, Net, encode, run_net, start_net
from toybench.tasks.hypernetworks import KNOBS


class MIPHypernetwork(Hypernet):
    """Neither inputs nor h set the size of the weights."""

    def begin(self, key: jax.Array) -> Net:
        return start_net(self, key, 2 * KNOBS, float(KNOBS), residual=True)

    def generate(self, params: Net, gamma: jax.Array) -> jax.Array:
        return run_net(params, encode(gamma))
