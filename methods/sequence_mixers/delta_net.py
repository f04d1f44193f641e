"""The delta rule: a token writes what its key lacks, so that a new value takes the place of the old one.

**Source**: Schlag, Irie, Schmidhuber: Linear Transformers Are Secretly Fast Weight Programmers, 2021,
https://arxiv.org/abs/2102.11174, and the layer of IDSIA/modern-srwm, `supervised_learning/layer.py` (`FastFFlayer`) at
01e6cfd; keys at length 1 as in Yang, Wang, Zhang, Shen, Kim: Parallelizing Linear Transformers with the Delta Rule,
2024, https://arxiv.org/abs/2406.06484, from memory.

    S_i = S_{i-1} + beta_i (v_i - S_{i-1} k_i) k_i^T        y_i = S_i q_i        beta_i = sigmoid(w_h x_i + b_h)

**Differs from the paper**: (1) queries and keys are silu at length 1 (2024), not elu + 1 over their sum (2021), whose
write corrects a fraction of the error only; (2) no short convolutions; (3) one block of width 32.

**Shapes**: b streams, t tokens, d width.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks.mixers import Gate, Projected, delta_attend, unit
from toybench.blocks.streams import HEADS, RATES, Mixing


class DeltaNet(Mixing):
    """A state of fixed size that overwrites."""

    space = {"lr": RATES}

    def mixer(self) -> nn.Module:
        def mix(x: jax.Array, q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
            rate = jnp.exp(Gate(heads=HEADS)(x))
            return delta_attend(unit(nn.silu(q)), unit(nn.silu(k)), v, rate)

        return Projected(heads=HEADS, mix=mix)
