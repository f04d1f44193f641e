"""An unconstrained network on both latents, trained without weight decay, as in the authors' example.

**Source**: baseline of Wang and Isola, "On the Learning and Learnability of Quasimetrics", 2022,
https://arxiv.org/abs/2206.15478 ("unconstrained networks").

    discount^d(x, y) = sigmoid(MLP([f(x); f(y)]))

**Differs from the paper**: 1. width 64. 2. one of the paper's output forms, the sigmoid of a
logit.

**Shapes**: b pairs, l latent dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.quasimetric._embedding import MANY_RATES, LatentDistance, from_logit, pair_logit, pair_network


class MLPUndecayed(LatentDistance):
    """Unconstrained network on the latents of both nodes, without weight decay."""

    space = {"lr": MANY_RATES}

    def head(self, key: jax.Array) -> dict:
        return nn.init(pair_network(self.hidden), key, jnp.zeros((1, 2 * self.latent)))

    def between(self, head: dict, u: jax.Array, v: jax.Array) -> jax.Array:
        return from_logit(pair_logit(self.hidden, head, u, v))
