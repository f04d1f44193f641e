"""Behaviour cloning of a policy that reads what it sees and the instruction.

**Source**: the baseline "language-conditioned policy" of Fu, Korattikara, Levine and Guadarrama, "From Language to
Goals: Inverse Reinforcement Learning for Vision-Based Instruction Following", 2019,
https://arxiv.org/abs/1902.07742 (abstract, introduction, and a review of the method).

    L = -log pi(a | view, instruction)

**Differs from the paper**: 1. two layers of 64 units on attributes of cells instead of networks on images and words.
2. `view=egocentric` moves the map so that the own cell is in the middle, our control; where sight is short, that is
what every policy reads. 3. The likeliest move is made.

**Shapes**: b rows, n maps.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.errors import UsageError
from toybench.methods.instructed_agents._policy import State, actor, clone, read, start
from toybench.tasks.instructed_agents import Batch, Scenes, rows

VIEWS = ("map", "egocentric")


class InstructionBC(Method):
    """A policy of view and instruction."""

    lr: float = 0.01  # Adam's rate, decays to 0 by a cosine
    view: str = "map"  # map or egocentric

    space = {"lr": (0.0005, 0.001, 0.0018, 0.003, 0.0042, 0.0056, 0.0075, 0.01, 0.018, 0.03, 0.056, 0.1)}

    def init(self, key: jax.Array) -> State:
        if self.view not in VIEWS:
            raise UsageError(f"view is {self.view!r}; use one of {', '.join(VIEWS)}.")
        shown = self.given.demonstrations
        nothing = jnp.zeros((*shown.a.shape, 0))
        return start(self, self.seen(shown.scenes, shown.scenes.start), nothing, key)

    def seen(self, scenes: Scenes, here: jax.Array) -> jax.Array:
        """What the policy reads, [n, f]."""
        return read(scenes, here, self.spec, moved=self.view == "egocentric")

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        scenes, here, a = rows(self.given.demonstrations, batch)
        return clone(self, state, self.seen(scenes, here), a)

    def begin(self, state: State, scenes: Scenes) -> tuple:
        return ()

    def act(self, state: State, mind: Any, scenes: Scenes, here: jax.Array, step: jax.Array) -> tuple[Any, jax.Array]:
        logits = actor().apply(state.params, self.seen(scenes, here))
        return mind, logits.argmax(-1).astype(jnp.int32)
