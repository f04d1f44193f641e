"""Function vector: the summed mean outputs of the heads that cause in-context answers.

**Source**: Todd, Li, Sen Sharma, Mueller, Wallace and Bau, "Function Vectors in Large Language Models", 2023,
https://arxiv.org/abs/2310.15213.

    m_lj(t)  = mean over correct prompts of function t of head (l, j)'s output at the last token
    AIE(l,j) = mean over t and wrongly labelled prompts p of  P[y | p, head (l, j) := m_lj(t)] - P[y | p]
    v(t)     = sum of m_lj(t) over the heads with the largest AIE, added to the residual stream at a middle layer

**Differs from the paper**: 1. a transformer of 12 heads trained on the functions themselves instead of a language
model; 2. a demonstration is one token and the query is the last; tokens don't attend to themselves; 3. labels are
shuffled by one cyclic shift, so that none stays right.

**Shapes**: f functions, d width, l layers, h heads.
"""

import jax
import jax.numpy as jnp

from toybench.methods.in_context._steering import Steer, indirect_effects, mean_traces
from toybench.tasks.in_context._symbolic import Calibration


class FunctionVector(Steer):
    """One set of heads for all functions."""

    layer: int = 0  # layers before the point of addition; the causal heads lie in the first layers here
    heads: int = 4  # heads in the sum; the paper takes 10 of GPT-J's 448

    paper = "todd2023function"
    space = {"layer": (0, 1, 2), "heads": (2, 4)}

    def vectors(self, batch: Calibration, key: jax.Array) -> jax.Array:
        heads = mean_traces(self.given, batch.clean).heads  # [f, l, h, d]
        effect = indirect_effects(self.given, heads, batch.shuffled, batch.answer)
        _, chosen = jax.lax.top_k(effect.reshape(-1), self.heads)
        return jnp.take(heads.reshape(len(heads), -1, self.spec.width), chosen, axis=1).sum(1)
