"""Q-learning on half a batch of records and half a batch of own walks, without learning from records beforehand.

**Source**: Ball, Smith, Kostrikov and Levine, "Efficient Online Reinforcement Learning with Offline Data", 2023,
https://arxiv.org/abs/2302.02948, from memory: batches of halves, layers normalised, many steps for each step of a walk.

    loss = (r + discount Q'(s1, argmax Q(s1)) - Q(s, a))^2, of as many recorded steps as own ones

**Differs from the paper**: 1. nine actions, so that no actor is needed; a share of them is random. 2. one network
instead of ten. 3. twice the steps of learners that learn from records beforehand, so that all take as many. 4. the
judge is that of `robofume`.

**Shapes**: b items, n places, a actions.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import deep_q
from toybench.methods.reset_free_finetuning import _tuning as parts
from toybench.methods.reset_free_finetuning._tuning import WIDTH, Items, State
from toybench.tasks.reset_free_finetuning import Played


class NormalisedValues(nn.Module):
    """Of actions at places for aims, [b, a]; hidden layers are normalised, so that no value runs away."""

    actions: int
    aims: int

    @nn.compact
    def __call__(self, x: jax.Array, aim: jax.Array) -> jax.Array:
        hidden = jnp.concatenate([x, jax.nn.one_hot(aim, self.aims)], axis=-1)
        for _ in range(2):
            hidden = nn.relu(nn.LayerNorm()(nn.Dense(WIDTH)(hidden)))
        return nn.Dense(self.actions)(hidden)


class RLPD(Method):
    """Looks at the records once it walks."""

    lr: float = 0.003  # learning rate, above 0; 0.0003 in the paper
    random: float = 0.1  # share of random actions while it learns, 0 to 1
    features: str = "pretrained"  # of pictures, as in `robofume`

    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1), "random": (0.03, 0.1, 0.3, 0.6)}

    @property
    def network(self) -> NormalisedValues:
        return NormalisedValues(actions=self.spec.actions, aims=self.spec.aims)

    def init(self, key: jax.Array) -> State:
        return parts.begin(self.network, self.spec, self.steps, key)

    def update(self, state: State, batch: Played, key: jax.Array) -> State:
        learned = parts.learn(self, self.loss, state, batch, key, more=2)
        untouched = learned._replace(params=state.params, target=state.target, adam=state.adam)
        return parts.chosen(batch.online > 0, learned, untouched)

    def loss(self, params: Any, target: Any, items: Items, weight: jax.Array, online: jax.Array) -> jax.Array:
        """The equation's, of a batch: []."""
        error, _ = parts.surprise(self.network, params, target, items)
        return parts.mean(error, weight)

    def act(self, state: State, x: jax.Array, aim: jax.Array, key: jax.Array) -> jax.Array:
        return deep_q.explore(self.best(state, x, aim), self.spec.actions, self.random, key)

    def best(self, state: State, x: jax.Array, aim: jax.Array) -> jax.Array:
        return self.network.apply(state.params, x, aim).argmax(-1)
