"""Prior-data fitted network that is given the whole context, however much larger than those of its pre-training.

**Source**: Nagler, "Statistical Foundations of Prior-Data Fitted Networks", 2023, https://arxiv.org/abs/2305.11097
(a PFN as a pre-tuned, untrained predictor).

    q(y = 1 | x, D_n) = transformer(D_n, x)      variance -> 0 since each of n points matters ever less;
                                                 bias -> 0 only if the predictor localises around x

**Differs from the paper**: 1. a network of width 32 and 2 layers with its own prior of smooth functions, pre-trained
within the trial, instead of the published TabPFN.

**Shapes**: b data sets, n context points, q queries.
"""

import jax

from toybench.methods.in_context._set_classifier import SetClassifier, State


class GlobalPFN(SetClassifier):
    """Attends to every context point."""

    paper = "nagler2023statistical"

    def probability(self, state: State, x: jax.Array, y: jax.Array, query: jax.Array) -> jax.Array:
        return jax.nn.sigmoid(self.logit(state.params, x, y, query))
