"""What soft learners with a price of cost share: experience, critics fitted to it, and the price.

A tabular counterpart of soft actor-critic with a Lagrange multiplier: the critics are backed up on the empirical model
of the replay buffer, and the policy is the softmax of reward less priced cost.

Shapes: n instances, H steps, S states, A actions.
"""

import abc
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Method
from toybench.blocks import mdp
from toybench.tasks.tabular_exploration import (
    DISCOUNT,
    TEMPERATURE,
    Guide,
    SafeEpisode,
    SafeSpec,
    backed_up,
    soft_policy,
)

BACKUPS = 10  # of the critics after each episode


class State(NamedTuple):
    """Experience and what was learned of it, for each of n instances.

    Attributes:
      counts: weighted transitions, [n, S, A, S].
      rewards, costs: weighted sums, [n, S, A].
      q, cost_q: critics of reward (with entropy) and cost, [n, S, A].
      softness: the price of cost is its softplus, [n].
    """

    counts: jax.Array
    rewards: jax.Array
    costs: jax.Array
    q: jax.Array
    cost_q: jax.Array
    softness: jax.Array


class Critics(Method, abc.ABC):
    """Learns each instance alone, from every episode."""

    @abc.abstractmethod
    def begin(self, guide: Guide) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Critics of reward and of cost [S, A], and the softness of the price [], before the first episode."""

    @abc.abstractmethod
    def learn(self, state: State, batch: SafeEpisode, guide: Guide) -> State:
        """The state of one instance after an episode of it."""

    def fits(self, spec: object) -> str | None:
        return None if isinstance(spec, SafeSpec) else "it prices costs, which this task doesn't have"

    def init(self, key: jax.Array) -> State:
        spec = self.spec
        q, cost_q, softness = jax.vmap(self.begin)(self.given)
        zero = jnp.zeros((spec.instances, spec.states, spec.actions))
        counts = jnp.zeros((spec.instances, spec.states, spec.actions, spec.states))
        return State(counts=counts, rewards=zero, costs=zero, q=q, cost_q=cost_q, softness=softness)

    def update(self, state: State, batch: SafeEpisode, key: jax.Array) -> State:
        return jax.vmap(self.learn)(state, batch, self.given)

    def target(self, state: State) -> jax.Array:
        return jax.vmap(policy_of)(state)


def unpaid(shape: tuple[int, ...]) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Critics [S, A] of a uniform policy that is paid entropy alone and costs nothing, and a softness of 0.

    What was not tried is then neither better nor worse than what was tried and paid nothing.
    """
    entropy = TEMPERATURE * np.log(shape[-1])
    return jnp.full(shape, DISCOUNT * entropy / (1 - DISCOUNT)), jnp.zeros(shape), jnp.zeros(())


def policy_of(state: State) -> jax.Array:
    """The soft policy [S, A] of one instance."""
    return soft_policy(state.q, state.cost_q, jax.nn.softplus(state.softness))


def remembered(state: State, batch: SafeEpisode, weights: jax.Array) -> State:
    """The state of one instance with an episode in its experience; steps count with weights [H]."""
    states, actions = state.rewards.shape
    more = mdp.transition_counts(batch.s, batch.a, batch.s1, states, actions, weights)
    rewards = state.rewards.at[batch.s, batch.a].add(weights * batch.r)
    costs = state.costs.at[batch.s, batch.a].add(weights * batch.cost)
    return state._replace(counts=state.counts + more, rewards=rewards, costs=costs)


def refitted(state: State, bonus: jax.Array, untried: jax.Array) -> State:
    """Critics backed up on the experience, with a bonus on the reward; `untried` for pairs never seen; both [S, A]."""
    model, seen = mdp.counted_model(state.counts)
    times = jnp.maximum(state.counts.sum(-1), jnp.finfo(model.dtype).tiny)
    rewards = state.rewards / times + bonus
    costs = state.costs / times
    price = jax.nn.softplus(state.softness)

    def step(_: int, critics: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        q, cost_q = backed_up((model, rewards, costs), critics, price)
        return jnp.where(seen > 0, q, untried), jnp.where(seen > 0, cost_q, critics[1])

    q, cost_q = jax.lax.fori_loop(0, BACKUPS, step, (state.q, state.cost_q))
    return state._replace(q=q, cost_q=cost_q)


def repriced(state: State, spec: SafeSpec, rate: float | jax.Array) -> State:
    """The price after a gradient step: up where the experience's mean cost to come is above its share of the budget."""
    share = (1 - DISCOUNT**spec.horizon) / (1 - DISCOUNT) / spec.horizon
    times = state.counts.sum(-1)
    mean = (times * state.cost_q).sum() / times.sum()
    slope = (mean - spec.budget * share) * jax.nn.sigmoid(state.softness)
    return state._replace(softness=state.softness + rate * slope)
