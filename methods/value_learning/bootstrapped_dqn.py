"""Four Q-networks with random priors, each learning from its own half of the transitions; one acts for an episode.

**Source**: Osband, Aslanides and Cassirer, "Randomized Prior Functions for Deep Reinforcement Learning", 2018,
https://arxiv.org/abs/1806.03335, algorithm 1 and the network Q + beta P; the authors' abstract read, the rest from
memory.

    Q_k = f_k + prior p_k,  p_k never learned;  each transition is shown to member k with probability 1/2

**Differs from the paper**: 1. four members instead of 20 and a shared optimiser; double estimates. 2. Masks of 0 and
1, drawn when a transition is stored, in place of doubled samples: a member learns from about 16 items of a minibatch.
3. The judged policy is that of the members' mean.

**Shapes**: k members, b items, n observations, d numbers of an observation, a actions.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import deep_q, nn
from toybench.blocks.random import uniforms
from toybench.tasks import value_learning as study
from toybench.tasks.value_learning import Played

MEMBERS = 4
SHARE = 0.5  # of the transitions that a member learns from


class Item(NamedTuple):
    """A transition, and which members learn from it, [k]."""

    played: Played
    mask: jax.Array


class State(NamedTuple):
    """Core, and the member that acts, []."""

    core: deep_q.Core
    actor: jax.Array

    @property
    def params(self) -> Any:
        return self.core.params


class BootstrappedDQN(Method):
    """Explores by the disagreement of its members, an episode at a time."""

    lr: float = 0.001  # learning rate, above 0
    prior: float = 3.0  # weight of the priors, 0 or more; the paper tries 0 to 100

    space = {"lr": study.RATES, "prior": (1.0, 3.0, 10.0)}

    @property
    def network(self) -> nn.MLP:
        return nn.MLP((study.WIDTH, study.WIDTH, self.spec.actions))

    def init(self, key: jax.Array) -> State:
        obs = jnp.zeros((1, self.spec.dims))
        both = jax.vmap(lambda k: nn.init(self.network, k, obs))(jax.random.split(key, 2 * MEMBERS))
        params = {
            "members": jax.tree.map(lambda x: x[:MEMBERS], both),
            "priors": jax.tree.map(lambda x: x[MEMBERS:], both),
        }
        item = Item(played=study.no_transition(self.spec), mask=jnp.zeros(MEMBERS))
        room = study.capacity(self.spec, self.steps)
        return State(core=deep_q.start(params, item, room, self.lr), actor=jnp.int32(0))

    def member_values(self, params: dict, obs: jax.Array) -> jax.Array:
        """Of every member, [k, n, a]."""
        apply = jax.vmap(self.network.apply, in_axes=(0, None))
        return apply(params["members"], obs) + self.prior * jax.lax.stop_gradient(apply(params["priors"], obs))

    def act(self, state: State, obs: jax.Array, key: jax.Array) -> jax.Array:
        return self.member_values(state.core.params, obs)[state.actor].argmax(-1)

    def greedy(self, state: State, obs: jax.Array) -> jax.Array:
        return self.member_values(state.core.params, obs).mean(0).argmax(-1)

    def update(self, state: State, batch: Played, key: jax.Array) -> State:
        played = study.one_by_one(batch)
        minibatches = (self.spec.updates, study.MINIBATCH)
        u = uniforms(key, mask=(len(played.reward), MEMBERS), actor=(MEMBERS,), minibatches=minibatches)
        items = Item(played=played, mask=(u["mask"] < SHARE).astype(jnp.float32))
        core = deep_q.learn(state.core, items, self.loss, self.lr, study.TRACK, u["minibatches"])
        over = jnp.argmax(u["actor"]).astype(jnp.int32)
        return State(core=core, actor=jnp.where(batch.last[-1, 0] > 0, over, state.actor))

    def loss(self, params: dict, target: dict, items: Item) -> jax.Array:
        """Sum of the members' temporal difference losses, each over its own items."""
        played = items.played
        ahead = jax.vmap(deep_q.double_q)(
            self.member_values(params, played.obs1), self.member_values(target, played.obs1)
        )
        wanted = played.reward[None] + self.spec.discount * (1 - played.done)[None] * ahead
        q = jax.vmap(deep_q.at, in_axes=(0, None))(self.member_values(params, played.obs), played.action)
        return (items.mask * deep_q.huber(jax.lax.stop_gradient(wanted) - q).T).mean(0).sum()
