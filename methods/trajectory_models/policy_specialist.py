"""The same network, trained to act for a wished return alone: its mask is always that of the question.

**Source**: the specialised masked models of Wu, Majumdar, Stone, Lin, Mordatch, Abbeel and Rajeswaran, "Masked
Trajectory Models for Prediction, Representation, and Control", 2023, https://arxiv.org/abs/2305.02968; the authors'
code, `create_rcbc_mask` in `research/mtm/masks.py` of github.com/facebookresearch/mtm.

    at a random place i: states up to i, actions before i and all returns to go are shown
    loss = mean squared error of all tokens, by kind

**Differs from the paper**: as `masked_trajectory`, 1 to 5.

**Shapes**: n windows, l states of a window.
"""

import jax
import jax.numpy as jnp

from toybench.methods.trajectory_models._masked import Key, MaskedModel, State, policy_mask
from toybench.tasks.trajectory_models import Tokens


class PolicySpecialist(MaskedModel):
    """Answers the other questions too, without having been trained for them."""

    def purpose(self, state: State) -> jax.Array:
        return jnp.array([0.0, 0.0, 1.0])

    def shown(self, key: Key, count: int) -> Tokens:
        length = self.spec.window
        return policy_mask(length, (jax.random.uniform(key, (count,)) * length).astype(jnp.int32))
