"""No tuning: every learner keeps the setting that it was published with, or what comes near it here.

**Source**: Cha and Cho, "Hyperparameters in Continual Learning: a Reality Check", 2024,
https://arxiv.org/abs/2403.09066.

    pick_k = 0

**Differs from the paper**: 1. not a protocol of the paper; the reference for what tuning is worth.

**Shapes**: k learners, s settings.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method


class DefaultSetting(Method):
    """Neither stream has a say."""

    deterministic = True

    def pick(self, state: Any) -> jax.Array:
        return jnp.zeros(self.spec.learners, jnp.int32)
