"""Return-conditioned policy whose return is fixed at the start: no signal at later steps.

**Source**: our control for Kim, Seo, Liu, Lee, Shin, Lee and Lee, "Guide Your Agent with Adaptive Multimodal Rewards",
2023, https://arxiv.org/abs/2309.10790, whose returns change at every step.

    L = -log pi(a_t | view, instruction, R_0);  acts with R_0 = target

**Differs from the paper**: 1. as in `arp`. 2. R_0 stands at all steps.

**Shapes**: n maps, m demonstrations, H steps.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.instructed_agents import _policy as policy
from toybench.tasks.instructed_agents import Batch, Scenes


class StaticReturn(Method):
    """A policy of view, instruction and one return."""

    lr: float = 0.01  # Adam's rate, decays to 0 by a cosine
    target: float = 1.0  # share of the largest return of a demonstration

    space = {"lr": (0.001, 0.003, 0.01, 0.03), "target": (0.0, 0.5, 1.0)}

    def init(self, key: jax.Array) -> policy.State:
        first = policy.to_go(policy.likeness(*policy.encoded(self.given, self.spec)))[:, :1]
        told = jnp.broadcast_to(first, self.given.demonstrations.a.shape)
        return policy.start_told(self, told[..., None], key)

    def update(self, state: policy.State, batch: Batch, key: jax.Array) -> policy.State:
        return policy.clone_told(self, state, batch)

    def begin(self, state: policy.State, scenes: Scenes) -> jax.Array:
        """The target."""
        return policy.hoped(state.told, self.target, len(scenes.start))[:, :1]

    def act(
        self, state: policy.State, mind: jax.Array, scenes: Scenes, here: jax.Array, step: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        return mind, policy.likeliest(self, state, scenes, here, mind)
