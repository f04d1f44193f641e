"""Behaviour cloning of a policy that reads the frozen encoder's vectors of view and instruction beside.

**Source**: InstructRL, the baseline in the authors' code (csmile-1006/ARP, `BC.py`) of Kim, Seo, Liu, Lee, Shin, Lee
and Lee, "Guide Your Agent with Adaptive Multimodal Rewards", 2023, https://arxiv.org/abs/2309.10790.

    L = -log pi(a | view, instruction, encoded view, encoded instruction)

**Differs from the paper**: 1. the same encoder as in `arp`, instead of another pretrained one, and the attributes
themselves beside. 2. Two layers of 64 units on the present view instead of a transformer over four steps. 3. The
likeliest move is made.

**Shapes**: b rows, n maps, m demonstrations, H steps.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.instructed_agents._policy import State, actor, clone, read, start
from toybench.tasks.instructed_agents import Batch, Scenes, meaning, rows, seen_there


class EncodedBC(Method):
    """A policy of view, instruction and what the encoder makes of them."""

    lr: float = 0.01  # Adam's rate, decays to 0 by a cosine

    space = {"lr": (0.0005, 0.001, 0.0018, 0.003, 0.0042, 0.0056, 0.0075, 0.01, 0.018, 0.03, 0.056, 0.1)}

    def init(self, key: jax.Array) -> State:
        shown = self.given.demonstrations
        nothing = jnp.zeros((*shown.a.shape, 0))
        return start(self, self.seen(shown.scenes, shown.scenes.start), nothing, key)

    def seen(self, scenes: Scenes, here: jax.Array) -> jax.Array:
        """What the policy reads, [n, f]."""
        encoder = self.given.encoder
        view = seen_there(encoder, scenes, here, self.spec)
        parts = (read(scenes, here, self.spec), view, meaning(encoder, scenes.wanted))
        return jnp.concatenate(parts, axis=-1)

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        scenes, here, a = rows(self.given.demonstrations, batch)
        return clone(self, state, self.seen(scenes, here), a)

    def begin(self, state: State, scenes: Scenes) -> tuple:
        return ()

    def act(self, state: State, mind: Any, scenes: Scenes, here: jax.Array, step: jax.Array) -> tuple[Any, jax.Array]:
        logits = actor().apply(state.params, self.seen(scenes, here))
        return mind, logits.argmax(-1).astype(jnp.int32)
