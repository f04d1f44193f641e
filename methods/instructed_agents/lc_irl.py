"""Language-conditioned reward learning: instructions as rewards, by maximum-entropy inverse reinforcement learning.

**Source**: Fu, Korattikara, Levine and Guadarrama, "From Language to Goals: Inverse Reinforcement Learning for
Vision-Based Instruction Following", 2019, https://arxiv.org/abs/1902.07742 (abstract, introduction, and a review of the
method: exact MaxEnt IRL by dynamic programming over many tasks, an elementwise product of embeddings).

    r(cell, instruction) = w (U object * V instruction);  gradient: visits of the expert - visits of the soft policy

With known, certain moves this is the gradient of the log-likelihood of the moves under the soft policy, which is what
is computed. In a test the reward is planned with on the new map.

**Differs from the paper**: 1. objects as attributes of a cell instead of images, linear embeddings. 2. Planning in the
known moves instead of reinforcement learning in the new house. 3. A plan for every number of steps left; no discount.
4. The likeliest move of the soft policy is made.

**Shapes**: b rows, n maps, S cells, A moves, H steps.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.methods.instructed_agents._planner import (
    Reward,
    State,
    descend,
    plan_to,
    planned,
    soft_plan,
    start_reward,
)
from toybench.tasks.instructed_agents import Batch, Demonstrations, Scenes, moves_of

EPISODES = 8  # demonstrations a step, those of the batch's first rows: 96 moves on a square


class LcIRL(Method):
    """A reward, and a plan for each map."""

    lr: float = 0.03  # Adam's rate, decays to 0 by a cosine
    width: int = 16  # numbers of an embedding

    paper = "fu2019language"
    space = {"lr": (0.003, 0.01, 0.03, 0.1), "width": (4, 8, 16)}

    def init(self, key: jax.Array) -> State:
        params = start_reward(key, self.width, self.spec.cells)
        return State(params=params, adam=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        shown = jax.tree.map(lambda x: x[batch.scene[:EPISODES]], self.given.demonstrations)
        return descend(self, state, jax.grad(self.loss)(state.params, shown))

    def loss(self, params: Any, shown: Demonstrations) -> jax.Array:
        """Mean of -log pi(a | s, t) of the soft policy, over whole demonstrations."""
        reward = self.reward(params, shown.scenes)
        following = moves_of(shown.scenes.free, self.spec)
        logits = soft_plan(reward, following, self.spec.horizon)
        which = jnp.arange(len(reward))[:, None]
        acts = jax.nn.log_softmax(logits, -1)[which, jnp.arange(self.spec.horizon)[None], shown.s[:, :-1]]
        return -jnp.take_along_axis(acts, shown.a[..., None], -1).mean()

    def reward(self, params: Any, scenes: Scenes) -> jax.Array:
        """Rewards [n, S] of all cells."""
        return Reward(self.width).apply(params, scenes.objects, scenes.wanted)

    def begin(self, state: State, scenes: Scenes) -> jax.Array:
        return plan_to(self.reward(state.params, scenes), scenes, self.spec, 1.0)

    def act(self, state: State, mind: Any, scenes: Scenes, here: jax.Array, step: jax.Array) -> tuple[Any, jax.Array]:
        return mind, planned(mind, here, step)
