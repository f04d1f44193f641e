"""The summed mean outputs of heads drawn at random: the control of the function vector.

**Source**: control of Todd, Li, Sen Sharma, Mueller, Wallace and Bau, "Function Vectors in Large Language Models",
2023, https://arxiv.org/abs/2310.15213.

    v(t) = sum of m_lj(t) over a random set of heads (l, j), m_lj as in the function vector

**Differs from the paper**: 1. 12 heads in all, so a random set may hold some of the causal ones.

**Shapes**: f functions, d width, l layers, h heads.
"""

import jax
import jax.numpy as jnp

from toybench.methods.in_context._steering import Steer, mean_traces
from toybench.tasks.in_context._symbolic import Calibration


class RandomHeadVector(Steer):
    """As many heads as the function vector takes."""

    layer: int = 0  # layers before the point of addition; the causal heads lie in the first layers here
    heads: int = 4  # heads in the sum

    space = {"layer": (0, 1, 2), "heads": (2, 4)}

    def vectors(self, batch: Calibration, key: jax.Array) -> jax.Array:
        heads = mean_traces(self.given, batch.clean).heads.reshape(self.spec.functions, -1, self.spec.width)
        chosen = jnp.argsort(jax.random.uniform(key, heads.shape[1:2]))[: self.heads]
        return jnp.take(heads, chosen, axis=1).sum(1)
