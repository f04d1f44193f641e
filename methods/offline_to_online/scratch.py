"""Deep Q-learning from its own walks alone: what there is without records.

**Source**: Mnih et al., "Human-level control through deep reinforcement learning", 2015,
https://doi.org/10.1038/nature14236, algorithm 1, with the double estimate of van Hasselt, Guez and Silver, "Deep
Reinforcement Learning with Double Q-learning", 2016, https://arxiv.org/abs/1509.06461, equation 4. Both from memory.

    loss = huber(r + discount Q'(s1, argmax Q(s1)) - Q(s, a)), of own walks

**Differs from the paper**: 1. a small network on the place; the target network follows by 2 % at every update. 2. a
walk ends for its length, so that no value ends with it. 3. the share of random actions is constant.

**Shapes**: b items, n places, a actions.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import deep_q, optim
from toybench.blocks.nn import init
from toybench.blocks.random import uniforms
from toybench.blocks.replay import Replay
from toybench.methods.offline_to_online import _walks as parts
from toybench.methods.offline_to_online._walks import Learned, Values
from toybench.tasks.offline_to_online import Played


class State(NamedTuple):
    """What is learned, own walks, and rounds so far."""

    learned: Learned
    own: Replay
    rounds: jax.Array

    @property
    def params(self) -> Any:
        return self.learned.params


class Scratch(Method):
    """Doesn't look at the records."""

    lr: float = 0.003  # learning rate, above 0
    random: float = 0.1  # share of random actions, 0 to 1

    space = {"lr": (0.001, 0.003, 0.01), "random": (0.03, 0.1, 0.3, 0.6)}

    @property
    def network(self) -> Values:
        return Values(actions=self.spec.actions)

    def init(self, key: jax.Array) -> State:
        params = init(self.network, key, jnp.zeros((1, 2)))
        learned = Learned(params=params, target=params, adam=optim.adam(self.lr).init(params))
        return State(learned=learned, own=parts.no_walks(self.spec, self.steps), rounds=jnp.int32(0))

    def update(self, state: State, batch: Played, key: jax.Array) -> State:
        own = parts.remembered(state.own, batch)
        weight = parts.is_there(own)
        size = (self.spec.updates, parts.BATCH)

        def loss(params: Any, target: Any, row: dict[str, jax.Array]) -> jax.Array:
            items = parts.drawn_items(own.items, weight, row["which"], row["when"], 1)
            return parts.value_loss(self.network, params, target, items, items.r)

        learned = parts.descend_values(loss, self.lr, state.learned, uniforms(key, which=size, when=size))
        kept = jax.tree.map(lambda new, old: jnp.where(batch.online > 0, new, old), learned, state.learned)
        return State(learned=kept, own=own, rounds=state.rounds + 1)

    def act(self, state: State, x: jax.Array, earned: jax.Array, key: jax.Array) -> jax.Array:
        best = self.network.apply(state.params, x)[0].argmax(-1)
        return deep_q.explore(best, self.spec.actions, self.random, key)
