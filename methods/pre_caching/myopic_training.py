"""Myopic training: no token's loss reaches the states of earlier tokens, so that each is taught by its own alone.

**Source**: Wu, Morris and Levine, "Do language models plan ahead for future tokens?", 2024,
https://arxiv.org/abs/2404.00859; abstract, and the authors' code, wiwu2390/FutureGPT2-public at 22b86c1:
`src/models/myopic_model.py` (`myopic_attn_gpt2`, `myopic_forward_gpt2` without a given past).

    k_s = W_k stop(h_s),  v_s = W_v stop(h_s)  for s < t        k_t = W_k h_t,  v_t = W_v h_t

The maps W_k and W_v are still taught by what is seen through them. The answers are those of the same network.

**Differs from the paper**: 1. two blocks of width 32 with a learned bias of each distance, instead of GPT-2's of width
128 with learned positions. 2. Squared error instead of Huber's. 3. No decay of weights.

**Shapes**: b streams, t tokens, d width.
"""

import flax.linen as nn
import jax

from toybench.methods.pre_caching._network import LAYERS, RATES, Reading, Trained


class MyopicTraining(Trained):
    """Earlier tokens' states are seen and not taught."""

    paper = "wu2024language"
    space = {"lr": RATES}

    def network(self) -> nn.Module:
        return Reading(out=self.spec.outputs, layers=LAYERS, past=self.past)

    def past(self, states: jax.Array) -> jax.Array:
        """States [b, t, d] without a gradient."""
        return jax.lax.stop_gradient(states)
