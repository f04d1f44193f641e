"""Momentum on gradients that are shortened to a norm of 1.

**Source**: Pascanu, Mikolov, Bengio: On the Difficulty of Training Recurrent Neural Networks, 2013,
https://arxiv.org/abs/1211.5063, Algorithm 1; a mitigation that Gilmer et al., 2021,
https://arxiv.org/abs/2110.04369 (abstract), compare with warm-up. In the form of optax.clip_by_global_norm.

    g <- g min(1, clip / |g|)        v <- beta v + g        w <- w - rate v

**Differs from the paper**: (1) momentum.

**Shapes**: those of the task's weights.
"""

import optax

from toybench.blocks.descent import Transformed


class ClippedSGD(Transformed):
    """Bounded gradients, and a share of the last step."""

    lr: float = 0.1  # learning rate, above 0
    schedule: str = "constant"  # cosine, linear, constant, inverse_sqrt or wsd
    warmup: float = 0.0  # share of the updates in which the rate rises linearly, 0 to 1
    beta: float = 0.9  # share of the velocity that is kept, 0 to 1
    clip: float = 1.0  # largest norm of a gradient over all weights, above 0

    unit = 0.1

    def transform(self) -> optax.GradientTransformation:
        return optax.chain(optax.clip_by_global_norm(self.clip), optax.trace(decay=self.beta))
