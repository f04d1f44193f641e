"""An inner product of a source embedding and a goal embedding.

**Source**: baseline of Wang and Isola, "On the Learning and Learnability of Quasimetrics", 2022,
https://arxiv.org/abs/2206.15478 ("asymmetrical dot products").

    discount^d(x, y) = sigmoid(f(x) . g(y))

**Differs from the paper**: 1. small encoders and latents. 2. one of the paper's output forms, the sigmoid of a logit.
3. weight decay, tuned as for every method of the study.

**Shapes**: b pairs, l latent dimensions.
"""

import jax

from toybench.methods.quasimetric._embedding import DECAYS, LatentDistance, from_logit


class AsymmetricDotProduct(LatentDistance):
    """Inner product of a node's latent as a source and another's as a goal, a logit."""

    decay: float = 1.0  # AdamW's weight decay, per unit of learning rate; the authors' example uses plain Adam

    separate_goals = True
    space = {"lr": (0.001, 0.003, 0.01, 0.03), "decay": DECAYS}

    def head(self, key: jax.Array) -> tuple:
        return ()

    def between(self, head: tuple, u: jax.Array, v: jax.Array) -> jax.Array:
        return from_logit((u * v).sum(-1))
