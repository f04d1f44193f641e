"""Prior-data fitted network that is given only the query's nearest neighbours.

**Source**: Nagler, "Statistical Foundations of Prior-Data Fitted Networks", 2023, https://arxiv.org/abs/2305.11097
(localisation by truncating the context to a neighbourhood).

    q(y = 1 | x, D_n) = transformer(the k(n) points of D_n nearest to x, x),   k(n) -> infinity, k(n) / n -> 0

**Differs from the paper**: 1. a network of width 32 and 2 layers with its own prior of smooth functions, pre-trained
within the trial, instead of the published TabPFN; 2. k(n) = n^0.7 by default, the exponent tuned
like that of the nearest-neighbour baseline.

**Shapes**: b data sets, n context points, q queries, k neighbours.
"""

import jax

from toybench.methods.in_context._set_classifier import SetClassifier, State, neighbourhood, neighbours


class LocalizedPFN(SetClassifier):
    """The same pre-training as the global one."""

    power: int = 70  # k(n) = n^(power / 100)

    paper = "nagler2023statistical"
    space = {"lr": (0.003, 0.01), "power": (60, 70, 80)}

    def probability(self, state: State, x: jax.Array, y: jax.Array, query: jax.Array) -> jax.Array:
        k = neighbourhood(x.shape[1], self.power)
        near, label = (v.reshape(-1, k) for v in neighbours(x, y, query, k))  # [b q, k]
        return jax.nn.sigmoid(self.logit(state.params, near, label, query.reshape(-1, 1))).reshape(query.shape)
