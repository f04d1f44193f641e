"""The delta rule with a forget gate: a token may fade all of the state before it overwrites a part.

**Source**: Yang, Kautz, Hatamizadeh: Gated Delta Networks: Improving Mamba2 with Delta Rule, 2025,
https://arxiv.org/abs/2412.06464, from memory.

    S_i = f_i S_{i-1} + beta_i (v_i - f_i S_{i-1} k_i) k_i^T        y_i = S_i q_i        beta, f = sigmoids of x_i

**Differs from the paper**: (1) the gate is a sigmoid, not exp of minus a softplus; (2) no short convolutions, no output
gate, no norm of what is read; (3) one block of width 32.

**Shapes**: b streams, t tokens, d width.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.blocks.mixers import Gate, Projected, delta_attend, unit
from toybench.blocks.streams import HEADS, RATES, Mixing


class GatedDeltaNet(Mixing):
    """A state of fixed size that forgets and overwrites."""

    start: float = 4.0  # the gate's first bias, a logit

    space = {"lr": RATES[1:4], "start": (0.0, 4.0)}

    def mixer(self) -> nn.Module:
        def mix(x: jax.Array, q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
            rate = jnp.exp(Gate(heads=HEADS)(x))
            forget = jnp.exp(Gate(heads=HEADS, start=self.start)(x))
            return delta_attend(unit(nn.silu(q)), unit(nn.silu(k)), v, rate, forget=forget)

        return Projected(heads=HEADS, mix=mix)
