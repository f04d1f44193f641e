"""Linear attention with a forget gate: the state of a head fades by a factor that the token chooses.

**Source**: Yang, Wang, Shen, Panda, Kim: Gated Linear Attention Transformers with Hardware-Efficient Training, 2024,
https://arxiv.org/abs/2312.06635, and Dao, Gu: Transformers are SSMs, 2024, https://arxiv.org/abs/2405.21060 (whose gate
is one number a head, as here); both from memory.

    y_i = S_i phi(q_i) / z_i phi(q_i)        S_i = f_i S_{i-1} + v_i phi(k_i)^T        f_i = sigmoid(w_h x_i + b_h)

**Differs from the paper**: (1) one gate a head, not one a feature; (2) features elu + 1 and a divisor, as the other
linear mixers here have; (3) no output gate, no norm of what is read; (4) one block of width 32.

**Shapes**: b streams, t tokens, d width.
"""

import flax.linen as nn
import jax

from toybench.blocks.mixers import Gate, Projected, elu_features, linear_attend, log_decay
from toybench.blocks.streams import HEADS, RATES, Mixing


class GatedLinearAttention(Mixing):
    """A state of fixed size that forgets."""

    start: float = 4.0  # the gate's first bias, a logit

    space = {"lr": RATES[1:4], "start": (0.0, 4.0)}

    def mixer(self) -> nn.Module:
        def mix(x: jax.Array, q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
            log_forget = Gate(heads=HEADS, start=self.start)(x)
            return linear_attend(elu_features(q), elu_features(k), v, decay=log_decay(log_forget))

        return Projected(heads=HEADS, mix=mix)
