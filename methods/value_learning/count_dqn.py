"""Deep Q-learning with a bonus that falls with the visits of a cell and action: the yardstick that can count.

**Source**: Strehl and Littman, "An analysis of model-based Interval Estimation for Markov Decision Processes", 2008,
https://doi.org/10.1016/j.jcss.2007.08.009, the bonus of MBIE-EB; from memory.

    Q+(s, a) = Q(s, a) + c / sqrt(n(s, a) + 1),   Q(s, a) <- r + discount (1 - done) max_a Q+(s1, a),   acts on Q+

**Differs from the paper**: 1. a Q-network in place of a counted model. 2. The bonus of an action is added when a
value is used, not when it is stored, so that actions never tried have it too. 3. It is told which cell it is in, which
no other learner uses.

**Shapes**: b items, n observations, d numbers of an observation, a actions, k cells.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import deep_q, nn
from toybench.tasks import value_learning as study
from toybench.tasks.value_learning import Played, PlayerSpec


class State(NamedTuple):
    """Core, and visits [k, a]."""

    core: deep_q.Core
    visits: jax.Array

    @property
    def params(self) -> Any:
        return self.core.params


class CountDQN(Method):
    """Acts greedily on values of rewards and bonuses."""

    lr: float = 0.001  # learning rate, above 0
    c: float = 1.0  # bonus of the first visit, 0 or more

    space = {"lr": study.RATES, "c": (0.3, 1.0, 3.0)}

    @property
    def network(self) -> nn.MLP:
        return nn.MLP((study.WIDTH, study.WIDTH, self.spec.actions))

    def fits(self, spec: PlayerSpec) -> str | None:
        return None if spec.cells else "it counts observations, and here no two are the same"

    def init(self, key: jax.Array) -> State:
        params = nn.init(self.network, key, jnp.zeros((1, self.spec.dims)))
        room = study.capacity(self.spec, self.steps)
        core = deep_q.start(params, study.no_transition(self.spec), room, self.lr)
        return State(core=core, visits=jnp.zeros((self.spec.cells, self.spec.actions)))

    def act(self, state: State, obs: jax.Array, key: jax.Array) -> jax.Array:
        q = self.network.apply(state.core.params, obs)
        return (q + self.bonus(state.visits, jnp.arange(self.spec.cells))).argmax(-1)

    def greedy(self, state: State, obs: jax.Array) -> jax.Array:
        return self.network.apply(state.core.params, obs).argmax(-1)

    def bonus(self, visits: jax.Array, cell: jax.Array) -> jax.Array:
        """Of every action, [b, a], in cells int32 [b]."""
        return self.c / jnp.sqrt(visits[cell] + 1)

    def update(self, state: State, batch: Played, key: jax.Array) -> State:
        items = study.one_by_one(batch)
        visits = state.visits.at[items.cell, items.action].add(1.0)

        def loss(params: dict, target: dict, items: Played) -> jax.Array:
            ahead = self.bonus(visits, items.cell1)
            online = self.network.apply(params, items.obs1) + ahead
            best = deep_q.double_q(online, self.network.apply(target, items.obs1) + ahead)
            wanted = items.reward + self.spec.discount * (1 - items.done) * best
            q = deep_q.at(self.network.apply(params, items.obs), items.action)
            return deep_q.huber(jax.lax.stop_gradient(wanted) - q).mean()

        uniform = jax.random.uniform(key, (self.spec.updates, study.MINIBATCH))
        core = deep_q.learn(state.core, items, loss, self.lr, study.TRACK, uniform)
        return State(core=core, visits=visits)
