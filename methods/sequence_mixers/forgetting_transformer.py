"""Softmax attention with a forget gate: a token may fade all that came before it.

**Source**: Lin, Nikishin, He, Courville: Forgetting Transformer: Softmax Attention with a Forget Gate, 2025,
https://arxiv.org/abs/2503.02130; abstract, and the authors' code, zhixuan-lin/forgetting-transformer,
`modeling_forgetting_transformer.py` at 883f260 (gate type "full": a linear map with bias, log-sigmoid, no positions).

    y_i = sum_{j <= i} softmax_j(q_i k_j / sqrt(c) + sum_{j < l <= i} log f_l) v_j        f_l = sigmoid(w_h x_l + b_h)

**Differs from the paper**: (1) the gate's bias starts at `start`, 0 in the authors' code; both are tuned; (2) the plain
block, not "Pro": no output gate, no norm of queries and keys, no shift of keys and values; (3) one block of width 32.

**Shapes**: b streams, t tokens, d width, h heads.
"""

import flax.linen as nn
import jax

from toybench.blocks.mixers import Gate, Projected, attend, log_decay
from toybench.blocks.streams import HEADS, RATES, Mixing


class ForgettingTransformer(Mixing):
    """Attention by content, and by a decay that sees the content of all tokens between."""

    start: float = 0.0  # the gate's first bias, a logit; paper: 0

    paper = "lin2025forgetting"
    space = {"lr": RATES[1:4], "start": (0.0, 4.0)}

    def mixer(self) -> nn.Module:
        def mix(x: jax.Array, q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
            log_forget = Gate(heads=HEADS, start=self.start)(x)
            return attend(q, k, v, bias=log_decay(log_forget))

        return Projected(heads=HEADS, mix=mix)
