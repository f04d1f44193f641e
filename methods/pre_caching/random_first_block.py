"""A first block that stays as it was drawn, under a second one that is trained: features by chance.

**Source**: none; a control. Random states hold something of any function of their token. What a network reads
there nobody computed for it. Of echo state networks: Jaeger, 2001, from memory.

    d/dtheta sum_t loss_t    for theta of the second block and the last map; embedding and first block are fixed

**Differs from the paper**: nothing.

**Shapes**: b streams, t tokens, d width.
"""

import flax.linen as nn
import jax

from toybench.methods.pre_caching._network import LAYERS, RATES, Reading, Trained, unchanged


class RandomFirstBlock(Trained):
    """Nothing below the second block is taught."""

    space = {"lr": RATES}

    def network(self) -> nn.Module:
        return Reading(out=self.spec.outputs, layers=LAYERS, past=unchanged, first=self.fixed)

    def fixed(self, states: jax.Array) -> jax.Array:
        """States [b, t, d] without a gradient: nothing moves what they were made with."""
        return jax.lax.stop_gradient(states)
