"""An unconstrained network on both latents: can fit any pair, promises nothing about the others.

**Source**: baseline of Wang and Isola, "On the Learning and Learnability of Quasimetrics", 2022,
https://arxiv.org/abs/2206.15478 ("unconstrained networks").

    discount^d(x, y) = sigmoid(MLP([f(x); f(y)]))

**Differs from the paper**: 1. width 64. 2. one of the paper's output forms, the sigmoid of a
logit. 3. weight decay, tuned as for every method of the study; `mlp_undecayed` is without.

**Shapes**: b pairs, l latent dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.quasimetric._embedding import DECAYS, LatentDistance, from_logit, pair_logit, pair_network


class MLPConcatenated(LatentDistance):
    """Unconstrained network on the latents of both nodes."""

    decay: float = 1.0  # AdamW's weight decay, per unit of learning rate; the authors' example uses plain Adam

    space = {"lr": (0.001, 0.003, 0.01, 0.03), "decay": DECAYS}

    def head(self, key: jax.Array) -> dict:
        return nn.init(pair_network(self.hidden), key, jnp.zeros((1, 2 * self.latent)))

    def between(self, head: dict, u: jax.Array, v: jax.Array) -> jax.Array:
        return from_logit(pair_logit(self.hidden, head, u, v))
