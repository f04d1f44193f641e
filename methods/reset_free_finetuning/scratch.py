"""Q-learning from own walks alone, paid by a judge that was pretrained: what there is without a pretrained policy.

**Source**: Mnih et al., "Human-level control through deep reinforcement learning", 2015,
https://doi.org/10.1038/nature14236, algorithm 1, with the double estimate of van Hasselt, Guez and Silver, "Deep
Reinforcement Learning with Double Q-learning", 2016, https://arxiv.org/abs/1509.06461, equation 4. Both from memory.

    loss = (r + discount Q'(s1, argmax Q(s1)) - Q(s, a))^2, of own steps

**Differs from the paper**: 1. a small network on the place; the target network follows by 2 % at every step. 2. twice
the steps of learners that learn from records beforehand, so that all take as many. 3. the share of random actions is
constant. 4. the judge is that of `robofume`.

**Shapes**: b items, n places, a actions.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import deep_q
from toybench.methods.reset_free_finetuning import _tuning as parts
from toybench.methods.reset_free_finetuning._tuning import BATCH, Items, State, Values
from toybench.tasks.reset_free_finetuning import Played


class Scratch(Method):
    """Its judge knows the records, its policy doesn't."""

    lr: float = 0.003  # learning rate, above 0
    random: float = 0.3  # share of random actions while it learns, 0 to 1
    features: str = "pretrained"  # of pictures, as in `robofume`

    space = {"lr": (0.001, 0.003, 0.01, 0.03, 0.1), "random": (0.03, 0.1, 0.3, 0.6)}

    @property
    def network(self) -> Values:
        return Values(actions=self.spec.actions, aims=self.spec.aims)

    def init(self, key: jax.Array) -> State:
        return parts.begin(self.network, self.spec, self.steps, key)

    def update(self, state: State, batch: Played, key: jax.Array) -> State:
        learned = parts.learn(self, self.loss, state, batch, key, more=2)
        untouched = learned._replace(params=state.params, target=state.target, adam=state.adam)
        return parts.chosen(batch.online > 0, learned, untouched)

    def loss(self, params: Any, target: Any, items: Items, weight: jax.Array, online: jax.Array) -> jax.Array:
        """The equation's, of the own half of a batch: []."""
        error, _ = parts.surprise(self.network, params, target, items)
        own = jnp.arange(len(weight)) >= BATCH
        return parts.mean(error, weight * own.astype(weight.dtype))

    def act(self, state: State, x: jax.Array, aim: jax.Array, key: jax.Array) -> jax.Array:
        return deep_q.explore(self.best(state, x, aim), self.spec.actions, self.random, key)

    def best(self, state: State, x: jax.Array, aim: jax.Array) -> jax.Array:
        return self.network.apply(state.params, x, aim).argmax(-1)
