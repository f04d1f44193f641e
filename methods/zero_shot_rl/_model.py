"""What closed forms share: the model that transitions count up to, plans in it, and measures of many policies.

Shapes: S states, A actions, n policies.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.blocks import mdp
from toybench.tasks.zero_shot_rl import Spec, Transitions

SWEEPS = 400  # of value iteration; the longest discount here, 1 - 1/18, leaves 1e-10 after as many
TIES = 1e-5  # share of the spread of values within which actions count as equally good


class Model(NamedTuple):
    """Relative frequencies of next states [S, A, S], rows 0 where a pair was never seen, and which were: [S, A]."""

    transitions: jax.Array
    seen: jax.Array


def count_model(spec: Spec, data: Transitions) -> Model:
    """The maximum-likelihood model of the transitions."""
    counts = mdp.transition_counts(data.s, data.a, data.s1, spec.states, spec.actions)
    transitions, seen = mdp.counted_model(counts)
    return Model(transitions=transitions, seen=seen)


def best_actions(q: jax.Array) -> jax.Array:
    """The policy [S, A] that is uniform over the best actions for values [S, A]."""
    spread = q.max() - q.min()
    best = (q >= q.max(-1, keepdims=True) - TIES * spread).astype(q.dtype)
    return best / best.sum(-1, keepdims=True)


def plan(model: Model, reward: jax.Array, discount: float) -> jax.Array:
    """Values [S, A] of the best policy for a reward [S]; a pair that was never seen has the least return there is."""
    arrival = jnp.einsum("sat,t->sa", model.transitions, reward)
    least = reward.min() / (1 - discount)
    arrival = jnp.where(model.seen > 0, arrival, least)
    values = mdp.value_iteration(model.transitions, arrival, discount, SWEEPS)
    return mdp.q_values(model.transitions, arrival, values, discount)


def projected(basis: jax.Array, reward: jax.Array) -> jax.Array:
    """The reward [S] that orthonormal columns [S, m] can say, nearest to `reward` [S]."""
    return basis @ (basis.T @ reward)


def random_policies(key: jax.Array, spec: Spec, count: int) -> jax.Array:
    """Deterministic policies [n, S, A] that choose every action by a fair die."""
    chosen = jax.random.randint(key, (count, spec.states), 0, spec.actions)
    return jax.nn.one_hot(chosen, spec.actions)


def goal_policies(spec: Spec, model: Model, goals: jax.Array) -> jax.Array:
    """The best policies [n, S, A] in the model for rewards of 1 in one state each: goals int32 [n]."""
    every = jax.vmap(lambda reward: plan(model, reward, spec.discount))(jnp.eye(spec.states))
    return mdp.greedy(every)[goals]


def codebook(key: jax.Array, spec: Spec, model: Model, count: int, mixed: bool) -> jax.Array:
    """`count` policies [n, S, A]: random ones, or half of them the best in the model for random goals."""
    for_random, for_goals = jax.random.split(key)
    random = random_policies(for_random, spec, count)
    if not mixed:
        return random
    goals = jax.random.randint(for_goals, (count // 2,), 0, spec.states)
    return jnp.concatenate([random[: count - count // 2], goal_policies(spec, model, goals)])
