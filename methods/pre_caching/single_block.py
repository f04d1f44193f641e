"""One block: attention sees the tokens as they come in, and nothing that was computed of them.

**Source**: none; a control: how much can be done at the token that asks, without work at earlier ones.

    y_t = W MLP(h_t + sum over s <= t of a_ts W_v h_s),    h = W_0 x

**Differs from the paper**: nothing.

**Shapes**: b streams, t tokens, d width.
"""

import flax.linen as nn
import jax

from toybench.methods.pre_caching._network import RATES, Reading, Trained


class SingleBlock(Trained):
    """The MLP comes after the only attention."""

    space = {"lr": RATES}

    def network(self) -> nn.Module:
        return Reading(out=self.spec.outputs, layers=1, past=self.past)

    def past(self, states: jax.Array) -> jax.Array:
        """States [b, t, d] as they are."""
        return states
