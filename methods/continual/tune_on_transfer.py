"""The two-phase protocol: settings are tuned on other data of the same scenario, then evaluated once.

**Source**: Cha and Cho, "Hyperparameters in Continual Learning: a Reality Check", 2024,
https://arxiv.org/abs/2403.09066.

    pick_k = argmax_s tuning[k, s]

**Differs from the paper**: 1. the data for tuning are classes from the same generator, not another data set.

**Shapes**: k learners, s settings.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method


class TuneOnTransfer(Method):
    """The evaluation stream has no say."""

    paper = "cha2024hyperparameters"

    deterministic = True

    def pick(self, state: Any) -> jax.Array:
        return jnp.argmax(self.given.tuning, -1)
