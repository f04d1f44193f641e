"""The same network, trained to predict the next state alone: its mask is always that of the question.

**Source**: the specialised masked models of Wu, Majumdar, Stone, Lin, Mordatch, Abbeel and Rajeswaran, "Masked
Trajectory Models for Prediction, Representation, and Control", 2023, https://arxiv.org/abs/2305.02968; the authors'
code, `create_forward_dynamics_mask` in `research/mtm/masks.py` and `eval_fd` in `research/mtm/train.py` of
github.com/facebookresearch/mtm.

    shown: all states but the last, and the action before it;  loss = mean squared error of all tokens, by kind

**Differs from the paper**: 1. as `masked_trajectory`, 1, 2 and 4. 2. it is shown what the question shows, where the
authors' mask shows all actions and cuts the states at a random place.

**Shapes**: n windows, l states of a window.
"""

import jax
import jax.numpy as jnp

from toybench.methods.trajectory_models._masked import Key, MaskedModel, State, for_all, forward_mask
from toybench.tasks.trajectory_models import Tokens


class ForwardSpecialist(MaskedModel):
    """Answers the other questions too, without having been trained for them."""

    def purpose(self, state: State) -> jax.Array:
        return jnp.array([1.0, 0.0, 0.0])

    def shown(self, key: Key, count: int) -> Tokens:
        return for_all(forward_mask(self.spec.window), count)
