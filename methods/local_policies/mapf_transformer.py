"""Clones the planner with attention from an agent to those around it.

**Source**: Andreychuk, Yakovlev, Panov and Skrynnik, "MAPF-GPT: Imitation Learning for Multi-Agent Pathfinding at
Scale", 2024, https://arxiv.org/abs/2409.00134 (abstract; authors' code, github.com/CognitiveAISystems/MAPF-GPT:
tokenizer/tokenizer.py, mapf_gpt/observation_generator.cpp, mapf_gpt/inference.py, generate_dataset.py).

    min_theta mean -log p(action | costs to go, agents around; theta),    actions drawn from p^(1 / temperature)

**Differs from the paper**: 1. one token an agent, of numbers, instead of 256 tokens of a vocabulary; the token of the
agent itself holds the costs to go. 2. one block of width 32 whose only query is the agent's own token, instead of 2 to
85 million weights. 3. 5 x 5 instead of 11 x 11 cells and one last action instead of five. 4. 1,500 batches of 64 from
192 instances instead of a billion pairs of LaCAM's. 5. duplicates are not dropped; waits at the goal are thinned alike.
6. the temperature of the draws is tuned; the authors draw at 1.

**Shapes**: p agents, k others, w width, h heads.
"""

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.nn import MLP
from toybench.methods.local_policies import _clone as clone
from toybench.tasks.local_policies import Sight

WIDTH = 32
HEADS = 4
HIDDEN = 64  # units of the block's second half
ABSENT = -1e9  # score of an agent that is not there


class Attentive(linen.Module):
    """Logits [p, 5] by one block in which the agent's own token asks all others, and itself."""

    @linen.compact
    def __call__(self, sight: Sight) -> jax.Array:
        own = linen.Dense(WIDTH)(clone.own_inputs(sight))
        tokens = jnp.concatenate([own[:, None], linen.Dense(WIDTH)(sight.others)], axis=1)
        there = jnp.concatenate([jnp.ones_like(sight.present[:, :1]), sight.present], axis=1)
        normed = linen.LayerNorm()(tokens)
        shape = (*tokens.shape[:2], HEADS, WIDTH // HEADS)
        query = linen.Dense(WIDTH)(normed[:, 0]).reshape(-1, *shape[2:])
        keys = linen.Dense(WIDTH)(normed).reshape(shape)
        values = linen.Dense(WIDTH)(normed).reshape(shape)
        scores = jnp.einsum("phw,pkhw->phk", query, keys) / (WIDTH // HEADS) ** 0.5
        weights = jax.nn.softmax(jnp.where(there[:, None], scores, ABSENT), axis=-1)
        heard = jnp.einsum("phk,pkhw->phw", weights, values).reshape(-1, WIDTH)
        x = own + linen.Dense(WIDTH)(heard)
        x = x + MLP((HIDDEN, WIDTH))(linen.LayerNorm()(x))
        return linen.Dense(clone.ACTIONS)(linen.LayerNorm()(x))


class MapfTransformer(Method):
    """Acts by drawing, as always the likeliest action can stand still for ever."""

    lr: float = 0.003  # Adam's first rate
    temperature: float = 1.0  # of the draws, above 0; the authors draw at 1

    paper = "andreychuk2024mapfgpt"
    space = {"lr": (0.001, 0.003, 0.01), "temperature": (1.0, 2.0, 4.0)}

    def init(self, key: jax.Array) -> clone.State:
        return clone.start(Attentive(), self.given, key)

    def update(self, state: clone.State, batch: tuple, key: jax.Array) -> clone.State:
        return clone.train(Attentive(), state, self.given, self.lr, self.steps, key)

    def act(self, state: clone.State, sight: Sight, key: jax.Array) -> jax.Array:
        return clone.draw(Attentive().apply(state.params, sight), self.temperature, key)
