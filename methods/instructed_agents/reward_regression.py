"""A reward fitted to the true one, which is 1 in the meant object's cell; planned with on each map.

**Source**: the oracle "reward regression" of Fu, Korattikara, Levine and Guadarrama, "From Language to Goals: Inverse
Reinforcement Learning for Vision-Based Instruction Following", 2019, https://arxiv.org/abs/1902.07742 (a review of the
method).

    L = sum over cells (r(cell, instruction) - 1[the meant object is there])^2

**Differs from the paper**: 1. as in `lc_irl`. 2. The plan is for 20 times the reward, so that it is all but greedy.

**Shapes**: b rows, n maps, S cells.
"""

from typing import Any

import jax

from toybench import Method
from toybench.blocks import optim
from toybench.methods.instructed_agents._planner import (
    Reward,
    State,
    descend,
    plan_to,
    planned,
    start_reward,
)
from toybench.tasks.instructed_agents import Batch, Scenes

EPISODES = 16  # scenes a step, those of the batch's first rows
SHARPNESS = 20.0  # at most log(5) / 20 = 0.08 of a reward a step is given up for entropy


class RewardRegression(Method):
    """Told where the meant object lies."""

    lr: float = 0.03  # Adam's rate, decays to 0 by a cosine
    width: int = 16  # numbers of an embedding

    space = {"lr": (0.003, 0.01, 0.03, 0.1), "width": (4, 8, 16)}

    def init(self, key: jax.Array) -> State:
        params = start_reward(key, self.width, self.spec.cells)
        return State(params=params, adam=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        shown = jax.tree.map(lambda x: x[batch.scene[:EPISODES]], self.given.demonstrations)
        there = jax.nn.one_hot(shown.goal, self.spec.cells)

        def loss(params: Any) -> jax.Array:
            return ((self.reward(params, shown.scenes) - there) ** 2).sum(-1).mean()

        return descend(self, state, jax.grad(loss)(state.params))

    def reward(self, params: Any, scenes: Scenes) -> jax.Array:
        """Rewards [n, S] of all cells."""
        return Reward(self.width).apply(params, scenes.objects, scenes.wanted)

    def begin(self, state: State, scenes: Scenes) -> jax.Array:
        return plan_to(self.reward(state.params, scenes), scenes, self.spec, SHARPNESS)

    def act(self, state: State, mind: Any, scenes: Scenes, here: jax.Array, step: jax.Array) -> tuple[Any, jax.Array]:
        return mind, planned(mind, here, step)
