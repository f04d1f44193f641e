"""The same network, trained to recover actions alone: its mask is always that of the question.

**Source**: the specialised masked models of Wu, Majumdar, Stone, Lin, Mordatch, Abbeel and Rajeswaran, "Masked
Trajectory Models for Prediction, Representation, and Control", 2023, https://arxiv.org/abs/2305.02968; the authors'
code, `create_inverse_dynamics_mask` in `research/mtm/masks.py` and `eval_id` in `research/mtm/train.py` of
github.com/facebookresearch/mtm.

    shown: all states;  loss = mean squared error of all tokens, by kind

**Differs from the paper**: as `masked_trajectory`, 1, 2 and 4.

**Shapes**: n windows, l states of a window.
"""

import jax
import jax.numpy as jnp

from toybench.methods.trajectory_models._masked import Key, MaskedModel, State, for_all, inverse_mask
from toybench.tasks.trajectory_models import Tokens


class InverseSpecialist(MaskedModel):
    """Answers the other questions too, without having been trained for them."""

    def purpose(self, state: State) -> jax.Array:
        return jnp.array([0.0, 1.0, 0.0])

    def shown(self, key: Key, count: int) -> Tokens:
        return for_all(inverse_mask(self.spec.window), count)
