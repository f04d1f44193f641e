"""Hypernetwork as it is usual: weights are the outputs of a network of the hyperparameters.

**Source**: Gonzalez Ortiz, Guttag and Dalca, "Magnitude Invariant Parametrizations Improve Hypernetwork Learning",
2023, https://arxiv.org/abs/2304.07645, in the authors' library hyperlight, `hyperlight/hypernet/model.py`,
`encoding.py` and `initialization.py` there, with `encoding=None` and without independent weights: the paper's baseline.

    theta = h(gamma)        with biases that start at 0, so that theta(s gamma) = s theta(gamma) at the start

**Differs from the paper**: 1. two hidden layers of 32 units, a main network of 321 weights. 2. The last layer's start
is scaled to the main network's own and tuned; in the library it has the variance 1 / w, which is `start=library`.
3. A last layer that generates as large weights as a network starts with is Chang, Flokas and Lipson's idea (2020).

**Shapes**: b hyperparameter vectors, w weights of a main network.
"""

import jax

from toybench.methods.hypernetworks._hypernet import SQUARE, Hypernet, Net, run_net, start_net
from toybench.tasks.hypernetworks import KNOBS


class DefaultHypernetwork(Hypernet):
    """As large as its inputs are, so large are its weights."""

    def begin(self, key: jax.Array) -> Net:
        return start_net(self, key, KNOBS, SQUARE, residual=False)

    def generate(self, params: Net, gamma: jax.Array) -> jax.Array:
        return run_net(params, gamma)
