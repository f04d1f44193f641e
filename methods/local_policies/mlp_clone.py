"""Clones the planner with a network that reads everything an agent sees side by side.

**Source**: none, a control: the data and the training of Andreychuk, Yakovlev, Panov and Skrynnik, 2024,
https://arxiv.org/abs/2409.00134, without attention.

    logits = MLP([own, others in the order of their distance])

**Differs from the paper**: 1. the control is ours. An agent that is not seen has zeros.

**Shapes**: p agents.
"""

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.nn import MLP
from toybench.methods.local_policies import _clone as clone
from toybench.tasks.local_policies import Sight

HIDDEN = 64  # units: about as many weights as the transformer's


class SideBySide(linen.Module):
    """Logits [p, 5] by two hidden layers."""

    @linen.compact
    def __call__(self, sight: Sight) -> jax.Array:
        others = sight.others.reshape(len(sight.others), -1)
        present = sight.present.astype(others.dtype)
        return MLP((HIDDEN, HIDDEN, clone.ACTIONS))(jnp.concatenate([clone.own_inputs(sight), others, present], -1))


class MlpClone(Method):
    """Acts by drawing, as the transformer does."""

    lr: float = 0.003  # Adam's first rate
    temperature: float = 1.0  # of the draws, above 0

    space = {"lr": (0.001, 0.003, 0.01), "temperature": (1.0, 2.0, 4.0)}

    def init(self, key: jax.Array) -> clone.State:
        return clone.start(SideBySide(), self.given, key)

    def update(self, state: clone.State, batch: tuple, key: jax.Array) -> clone.State:
        return clone.train(SideBySide(), state, self.given, self.lr, self.steps, key)

    def act(self, state: clone.State, sight: Sight, key: jax.Array) -> jax.Array:
        return clone.draw(SideBySide().apply(state.params, sight), self.temperature, key)
