"""Forward-forward whose layers judge together: each one's loss sees the goodness of all, and learns from its own part.

**Source**: Lorberbom, Gat, Adi, Schwing and Hazan, "Layer Collaboration in the Forward-Forward Algorithm", 2023,
https://arxiv.org/abs/2305.12393 (section 4).

    G_l = g_l + gamma stop_gradient(sum_{t != l} g_t)
    L_l = softplus(theta - G_l(x, y)) + softplus(G_l(x, y') - theta)        y' a wrong label

**Differs from the paper**: 1. all layers learn at the same time. 2. see `forward_forward` on scales and wrong labels;
with gamma = 0 this is that method.

**Shapes**: b batch, d features, c classes, h hidden units, l layers.
"""

from typing import Any

import jax

from toybench.methods.local_learning._goodness import Goodness, right_and_wrong
from toybench.tasks.local_learning import Examples


class CollaborativeForwardForward(Goodness):
    """A layer goes on learning only what the others don't tell already."""

    paper = "lorberbom2023layer"

    gamma: float = 1.0  # weight of the other layers; the paper's default is 1

    def shared(self, params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        """G_l of all layers, [l, b]."""
        g = self.goodness(params, x, y)
        others = jax.lax.stop_gradient(g.sum(0)[None, :] - g)
        return g + self.gamma * others

    def loss(self, params: Any, batch: Examples, wrong: jax.Array) -> jax.Array:
        right = self.shared(params, batch.x, batch.y)
        other = self.shared(params, batch.x, wrong)
        return right_and_wrong(right, other, self.threshold)
