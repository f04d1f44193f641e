"""The same network, trained for all three questions at once: each window is shown as one of them would show it.

It tells what it costs to share one network from what it costs to be asked what training hardly ever asked.

**Source**: none; a control for Wu, Majumdar, Stone, Lin, Mordatch, Abbeel and Rajeswaran, "Masked Trajectory Models for
Prediction, Representation, and Control", 2023, https://arxiv.org/abs/2305.02968.

    the mask of a window is that of forward, inverse or act, each as often;  loss as `masked_trajectory`

**Differs from the paper**: as `masked_trajectory`, 1 to 5; the paper has no such control.

**Shapes**: n windows, l states of a window.
"""

import jax
import jax.numpy as jnp

from toybench.blocks.random import uniforms
from toybench.methods.trajectory_models._masked import (
    Key,
    MaskedModel,
    State,
    for_all,
    forward_mask,
    inverse_mask,
    policy_mask,
)
from toybench.tasks.trajectory_models import Tokens

THIRD = 1 / 3


class ThreeQuestions(MaskedModel):
    """No mask is shown in training but those that are asked."""

    def purpose(self, state: State) -> jax.Array:
        return jnp.ones(3)

    def shown(self, key: Key, count: int) -> Tokens:
        length = self.spec.window
        drawn = uniforms(key, which=(count, 1), place=(count,))
        which = drawn["which"]
        others = policy_mask(length, (drawn["place"] * length).astype(jnp.int32))
        fixed = jax.tree.map(
            lambda a, b: jnp.where(which < THIRD, a, b),
            for_all(forward_mask(length), count),
            for_all(inverse_mask(length), count),
        )
        return jax.tree.map(lambda a, b: jnp.where(which < 2 * THIRD, a, b), fixed, others)
