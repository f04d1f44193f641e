"""Gradients of every token's loss, through all that it looked at: work at a token may serve later ones.

**Source**: Wu, Morris and Levine, "Do language models plan ahead for future tokens?", 2024,
https://arxiv.org/abs/2404.00859; abstract, and the authors' code, wiwu2390/FutureGPT2-public at 22b86c1:
`src/models/regression_model.py`, `src/data/synthetic.py` and `src/notebooks/lit_synthetic_seq.ipynb`.

    d/dtheta sum_t loss_t

**Differs from the paper**: 1. two blocks of width 32 with a learned bias of each distance, instead of GPT-2's of width
128 with learned positions. 2. Squared error instead of Huber's. 3. No decay of weights.

**Shapes**: b streams, t tokens, d width.
"""

import flax.linen as nn
import jax

from toybench.methods.pre_caching._network import LAYERS, RATES, Reading, Trained


class VanillaTraining(Trained):
    """Earlier tokens' states are taught by later tokens."""

    space = {"lr": RATES}

    def network(self) -> nn.Module:
        return Reading(out=self.spec.outputs, layers=LAYERS, past=self.past)

    def past(self, states: jax.Array) -> jax.Array:
        """States [b, t, d] as they are."""
        return states
