"""Learn an environment from transitions without rewards, and answer for rewards that are told afterwards.

A learner answers one of two questions. `RewardPolicy`: how to act for a reward that is shown at the visited states.
`PolicyEmbedding`: numbers for each of several policies, from which a ridge regression on a few known returns tells the
returns of the others.

All transitions are `given` at once, and come in small batches too. The simulator is not given: a learner sees no walls,
and of a reward only its values at states that some transition of the data arrives at. A reward is earned on arrival,
so that a policy's return from s is (1 - discount) times the sum of discount^t E r(s_{t+1}), averaged over all s.

Shapes: S states, A actions, n transitions or policies, k rewards, m numbers of an embedding.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench.blocks import mdp


@dataclass(frozen=True)
class Spec:
    """Sizes, and the discount that returns are judged with."""

    states: int
    actions: int
    discount: float


class Transitions(NamedTuple):
    """In s [n] the action a [n] led to s1 [n]; all int32."""

    s: jax.Array
    a: jax.Array
    s1: jax.Array


class Described(NamedTuple):
    """What policy selection hands out.

    Attributes:
      data: transitions of a few of the policies.
      features: frozen features [S, m] of the states.
      reward: [S]; for learners that are told it, and say so.
    """

    data: Transitions
    features: jax.Array
    reward: jax.Array


class RewardPolicy(Protocol):
    """Acts for any reward."""

    def policy_for(self, state: Any, reward: jax.Array) -> jax.Array:
        """Chances [S, A] of the actions for a reward [S], which is 0 where no transition arrives."""


class PolicyEmbedding(Protocol):
    """Describes policies."""

    def embed(self, state: Any, policies: jax.Array) -> jax.Array:
        """Numbers [n, m] of policies [n, S, A]; a single column is read as their returns themselves."""


def start_return(transitions: jax.Array, reward: jax.Array, policy: jax.Array, discount: float) -> jax.Array:
    """Mean over all starts of the returns [...] of policies [..., S, A], for a reward [S] or one each [..., S]."""
    arrival = jnp.broadcast_to(expected_reward(transitions, reward), policy.shape)
    return (1 - discount) * mdp.policy_value(transitions, arrival, policy, discount).mean(-1)


def expected_reward(transitions: jax.Array, reward: jax.Array) -> jax.Array:
    """Expected reward on arrival [..., S, A] for rewards [..., S]."""
    return jnp.einsum("sat,...t->...sa", transitions, reward)


def arrivals(data: Transitions, states: int) -> jax.Array:
    """Share of the transitions that arrive at each state: [S]."""
    return jnp.zeros(states).at[data.s1].add(1 / data.s1.shape[0])


def integers(uniform: jax.Array, count: int) -> jax.Array:
    """Whole numbers below `count`, int32, of numbers that are uniform in [0, 1)."""
    return jnp.minimum((uniform * count).astype(jnp.int32), count - 1)
