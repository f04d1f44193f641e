"""The mean of the residual stream over a function's prompts, less its mean over all functions.

**Source**: the usual difference of means of activation steering, for example Turner, Thiergart, Leech, Udell,
Vazquez, Mini and MacDiarmid, "Steering Language Models With Activation Engineering", 2023,
https://arxiv.org/abs/2308.10248.

    v(t)   = m_l(t) - mean over t' of m_l(t')
    m_l(t) = mean over correct prompts of function t of the residual stream at the last token before layer l

**Differs from the paper**: 1. contrasts a function with all functions instead of two prompts.

**Shapes**: f functions, d width, l layers.
"""

import jax

from toybench.methods.in_context._steering import Steer, mean_traces
from toybench.tasks.in_context._symbolic import Calibration


class MeanDifferenceVector(Steer):
    """What all prompts share cancels, so that the stream keeps its usual scale."""

    def vectors(self, batch: Calibration, key: jax.Array) -> jax.Array:
        mean = mean_traces(self.given, batch.clean).stream[:, self.layer]
        return mean - mean.mean(0, keepdims=True)
