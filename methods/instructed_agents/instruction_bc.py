"""Behaviour cloning of a policy that reads the map and the instruction.

**Source**: the baseline "language-conditioned policy" of Fu, Korattikara, Levine and Guadarrama, "From Language to
Goals: Inverse Reinforcement Learning for Vision-Based Instruction Following", 2019,
https://arxiv.org/abs/1902.07742 (abstract, introduction, and a review of the method).

    L = -log pi(a | map, cell, instruction)

It is also what the text-conditioned baseline of Kim et al. (2023) is here, without its transformer.

**Differs from the paper**: 1. two layers of 64 units on attributes of cells instead of networks on images and words.
2. `view=egocentric` moves the map so that the own cell is in the middle, our control; where sight is short, that is
what every policy reads. 3. The likeliest move is made.

**Shapes**: b rows, n maps.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim
from toybench.methods.instructed_agents._reader import (
    State,
    actor,
    cross_entropy,
    descend,
    read,
    read_size,
)
from toybench.tasks.instructed_agents import Batch, Scenes, rows


class InstructionBC(Method):
    """A policy of view and instruction."""

    lr: float = 0.01  # Adam's rate, decays to 0 by a cosine
    view: str = "map"  # map or egocentric

    space = {"lr": (0.001, 0.0018, 0.003, 0.0056, 0.01, 0.018, 0.03, 0.056, 0.1)}

    def init(self, key: jax.Array) -> State:
        params = nn.init(actor(), key, jnp.zeros((1, read_size(self.spec, self.view))))
        return State(params=params, adam=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        scenes, here, a = rows(self.given.demonstrations, batch)
        seen = read(scenes, here, self.spec, self.view)
        gradient = jax.grad(lambda params: cross_entropy(actor().apply(params, seen), a))(state.params)
        return descend(self, state, gradient)

    def begin(self, state: State, scenes: Scenes) -> tuple:
        return ()

    def act(self, state: State, mind: Any, scenes: Scenes, here: jax.Array, step: jax.Array) -> tuple[Any, jax.Array]:
        logits = actor().apply(state.params, read(scenes, here, self.spec, self.view))
        return mind, logits.argmax(-1).astype(jnp.int32)
