"""Deep Q-learning from records and own walks in halves; a network of places supplies the records' rewards.

**Source**: symmetric sampling of Ball, Smith, Kostrikov and Levine, "Efficient Online Reinforcement Learning with
Offline Data", 2023, https://arxiv.org/abs/2302.02948; from memory. The rewards of the records are of our own making: it
is the cheap rival that uses both kinds of walks.

    r(s1) by regression on own walks;  loss of `scratch` on half a batch of own steps and half a batch of records,
    whose reward is r(s1)

**Differs from the paper**: 1. as `scratch`, 1 to 3. 2. no ensemble and no normalised layers.

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


class RelabelledQ(Method):
    """Looks at the records once it has seen a reward."""

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
        records = parts.recorded_walks(self.given, told=False)
        alike = jnp.ones(len(records.a))
        size = (self.spec.updates, 2, parts.BATCH // 2)

        def loss(params: Any, target: Any, row: dict[str, jax.Array]) -> jax.Array:
            mine = parts.drawn_items(own.items, parts.is_there(own), row["which"][0], row["when"][0], 1)
            theirs = parts.drawn_items(records, alike, row["which"][1], row["when"][1], 1)
            pay = parts.expected_pay(self.network, params, theirs)
            fit = parts.value_loss(self.network, params, target, mine, mine.r)
            lent = parts.value_loss(self.network, params, target, theirs, pay)
            return (fit + lent) / 2 + parts.pay_loss(self.network, params, mine)

        learned = parts.descend_values(loss, self.lr, state.learned, uniforms(key, which=size, when=size))
        kept = jax.tree.map(lambda new, old: jnp.where(batch.online > 0, new, old), learned, state.learned)
        return State(learned=kept, own=own, rounds=state.rounds + 1)

    def act(self, state: State, x: jax.Array, earned: jax.Array, key: jax.Array) -> jax.Array:
        best = self.network.apply(state.params, x)[0].argmax(-1)
        return deep_q.explore(best, self.spec.actions, self.random, key)
