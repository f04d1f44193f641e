"""The mean of the residual stream over a function's prompts, added where it was read.

**Source**: baseline of Todd, Li, Sen Sharma, Mueller, Wallace and Bau, "Function Vectors in Large Language Models",
2023, https://arxiv.org/abs/2310.15213 (layer averages).

    v(t) = mean over correct prompts of function t of the residual stream at the last token before layer l

**Differs from the paper**: 1. a small transformer trained on the functions instead of a language model.

**Shapes**: f functions, d width, l layers.
"""

import jax

from toybench.methods.in_context._steering import Steer, mean_traces
from toybench.tasks.in_context._symbolic import Calibration


class MeanResidualVector(Steer):
    """Carries all that the prompts have in common at the query token, not only the function."""

    def vectors(self, batch: Calibration, key: jax.Array) -> jax.Array:
        return mean_traces(self.given, batch.clean).stream[:, self.layer]
