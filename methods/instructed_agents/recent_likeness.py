"""Cloned policy that is told how alike the three views before and the instruction were, and of no return.

**Source**: our control for Kim, Seo, Liu, Lee, Shin, Lee and Lee, "Guide Your Agent with Adaptive Multimodal Rewards",
2023, https://arxiv.org/abs/2309.10790: what `arp` is told, less the return that is still to come.

    L = -log pi(a_t | view, instruction, r_{t-1}, r_{t-2}, r_{t-3}),  r_t = cos(encoded view of s_t, instruction)

**Differs from the paper**: 1. as in `arp`. 2. There is no target and no return.

**Shapes**: n maps, m demonstrations, H steps.
"""

import jax

from toybench import Method
from toybench.methods.instructed_agents import _policy as policy
from toybench.tasks.instructed_agents import Batch, Scenes, meaning, seen_there


class RecentLikeness(Method):
    """A policy of view, instruction and likenesses of the steps before."""

    lr: float = 0.01  # Adam's rate, decays to 0 by a cosine

    space = {"lr": (0.0005, 0.001, 0.0018, 0.003, 0.0042, 0.0056, 0.0075, 0.01, 0.018, 0.03, 0.056, 0.1)}

    def init(self, key: jax.Array) -> policy.State:
        returns = policy.recent_returns(policy.likeness(*policy.encoded(self.given, self.spec)))
        return policy.start_told(self, returns[..., 1:], key)

    def update(self, state: policy.State, batch: Batch, key: jax.Array) -> policy.State:
        return policy.clone_told(self, state, batch)

    def begin(self, state: policy.State, scenes: Scenes) -> jax.Array:
        """Nothing to hope for, and no likenesses as yet."""
        return policy.hoped(state.told, 0.0, len(scenes.start))

    def act(
        self, state: policy.State, mind: jax.Array, scenes: Scenes, here: jax.Array, step: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        view = seen_there(self.given.encoder, scenes, here, self.spec)
        now = policy.likeness(view, meaning(self.given.encoder, scenes.wanted))
        return policy.spent(mind, now, self.spec.horizon), policy.likeliest(self, state, scenes, here, mind[:, 1:])
