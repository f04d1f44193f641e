"""Cloned policy that is told how alike its present view and the instruction are, and of no return.

**Source**: our control for Kim, Seo, Liu, Lee, Shin, Lee and Lee, "Guide Your Agent with Adaptive Multimodal Rewards",
2023, https://arxiv.org/abs/2309.10790: the same likeness, without a return that is still to come.

    L = -log pi(a_t | view, instruction, r_t),  r_t = cos(encoded view of s_t, encoded instruction)

**Differs from the paper**: 1. as in `arp`. 2. There is no target, and r_t itself is told.

**Shapes**: n maps, m demonstrations, H steps.
"""

from typing import Any

import jax

from toybench import Method
from toybench.methods.instructed_agents import _policy as policy
from toybench.tasks.instructed_agents import Batch, Scenes, meaning, seen_there


class LikenessPolicy(Method):
    """A policy of view, instruction and their likeness."""

    lr: float = 0.01  # Adam's rate, decays to 0 by a cosine

    space = {"lr": (0.0005, 0.001, 0.0018, 0.003, 0.0042, 0.0056, 0.0075, 0.01, 0.018, 0.03, 0.056, 0.1)}

    def init(self, key: jax.Array) -> policy.State:
        now = policy.likeness(*policy.encoded(self.given, self.spec))
        return policy.start_told(self, now[..., None], key)

    def update(self, state: policy.State, batch: Batch, key: jax.Array) -> policy.State:
        return policy.clone_told(self, state, batch)

    def begin(self, state: policy.State, scenes: Scenes) -> tuple:
        return ()

    def act(
        self, state: policy.State, mind: Any, scenes: Scenes, here: jax.Array, step: jax.Array
    ) -> tuple[Any, jax.Array]:
        view = seen_there(self.given.encoder, scenes, here, self.spec)
        now = policy.likeness(view, meaning(self.given.encoder, scenes.wanted))
        return mind, policy.likeliest(self, state, scenes, here, now[:, None])
