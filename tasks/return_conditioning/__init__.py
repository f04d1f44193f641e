"""Act so that a wanted return is reached, learned from recorded episodes: which returns are luck, which are skill?

A learner answers with a policy. It may see the step, the state and the reward collected so far, so that it can ask for
what is left of a wanted return. It also answers with the policy of its boldest request, the largest return that an
episode can have, and with the return that it believes its policy will get. True returns are exact: the law of state and
collected reward is pushed through the episode.

A learner sees recorded episodes and sizes. Rewards come in units of 0 or 1, so that returns are whole numbers.
Shapes: n episodes, H steps, S states, A actions, C levels of the reward collected (H + 1), K = 2 sizes of a reward.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench.blocks import mdp


@dataclass(frozen=True)
class Spec:
    """Sizes; every episode starts in the state `start` and lasts for `horizon` steps.

    Attributes:
      greedy: whether policies play their likeliest action; else it is drawn.
    """

    states: int
    actions: int
    horizon: int
    start: int
    greedy: bool

    @property
    def levels(self) -> int:
        """How many values a return can have: 0 to one unit a step."""
        return self.horizon + 1


class Episodes(NamedTuple):
    """Recorded episodes: states int32 [n, H + 1], actions int32 [n, H] and rewards in units, int32 [n, H]."""

    s: jax.Array
    a: jax.Array
    units: jax.Array


class ReturnSeeker(Protocol):
    """Plays for a return."""

    def policy(self, state: Any) -> jax.Array:
        """Chances [H, S, C, A] of the actions, by step, state and reward collected so far."""

    def boldest_policy(self, state: Any) -> jax.Array:
        """The same when it is asked for the largest return of all, C - 1; `policy` where a method isn't asked."""

    def claimed(self, state: Any) -> jax.Array:
        """The return that the learner expects of `policy`, in units: float []."""


def to_go(units: jax.Array) -> jax.Array:
    """Units int32 [..., H] still to be collected from each step on, its own reward included."""
    return jnp.cumsum(units[..., ::-1], axis=-1)[..., ::-1]


def broadcast(policy: jax.Array, spec: Spec) -> jax.Array:
    """A policy of state alone [S, A], or of step and state [H, S, A], as [H, S, C, A]."""
    wide = policy[..., None, :] if policy.ndim > 2 else policy[None, :, None, :]
    return jnp.broadcast_to(wide, (spec.horizon, spec.states, spec.levels, spec.actions))


def wanted(spec: Spec, target: jax.Array) -> jax.Array:
    """What is left int32 [C] of a wanted return [] at each level of what was collected: never below 0."""
    return jnp.maximum(target - jnp.arange(spec.levels), 0)


WIDTH = 32  # hidden units in each of the two layers of every policy


def place(spec: Spec, t: jax.Array, s: jax.Array) -> jax.Array:
    """Features [..., S + 1] of steps and states int32 [...]: the state one-hot, and the share of steps taken."""
    over = (t.astype(jnp.float32) / spec.horizon)[..., None]
    return jnp.concatenate([jax.nn.one_hot(s, spec.states), jnp.broadcast_to(over, (*s.shape, 1))], -1)


def steps_of(s: jax.Array) -> jax.Array:
    """The step int32 [b, H] of each state [b, H]."""
    return jnp.broadcast_to(jnp.arange(s.shape[1])[None], s.shape)


def everywhere(spec: Spec) -> jax.Array:
    """Features [H, S, S + 1] of all steps and states."""
    size = (spec.horizon, spec.states)
    t = jnp.broadcast_to(jnp.arange(spec.horizon)[:, None], size)
    return place(spec, t, jnp.broadcast_to(jnp.arange(spec.states)[None], size))


def played(spec: Spec, law: jax.Array) -> jax.Array:
    """A policy's chances [..., A], or its likeliest action alone."""
    return mdp.greedy(law) if spec.greedy else law


def flattened(spec: Spec, episodes: Episodes) -> jax.Array:
    """Each episode as one vector [b, H (S + A + 1)]."""
    parts = (
        jax.nn.one_hot(episodes.s[:, :-1], spec.states),
        jax.nn.one_hot(episodes.a, spec.actions),
        episodes.units[..., None].astype(jnp.float32),
    )
    return jnp.concatenate(parts, -1).reshape(episodes.a.shape[0], -1)


def with_codes(features: jax.Array, codes: int) -> jax.Array:
    """Features [..., n] together with every code [..., Z, n + Z]."""
    size = (*features.shape[:-1], codes)
    each = jnp.broadcast_to(features[..., None, :], (*size, features.shape[-1]))
    return jnp.concatenate([each, jnp.broadcast_to(jnp.eye(codes), (*size, codes))], -1)


def events_of(spec: Spec, episodes: Episodes) -> jax.Array:
    """States and actions one-hot [b, H, S + A]."""
    here = jax.nn.one_hot(episodes.s[:, :-1], spec.states)
    return jnp.concatenate([here, jax.nn.one_hot(episodes.a, spec.actions)], -1)


SMALL = 1e-6  # share of each outcome that the counted model keeps; what was seen once is certain to it, no luck


class Model(NamedTuple):
    """Logarithms of the counted chances of the rewards [S, A, 2] and of the next states [S, A, S]."""

    reward: jax.Array
    following: jax.Array


def counted(spec: Spec, episodes: Episodes) -> Model:
    """What follows a state and an action, whatever the code is."""
    s = episodes.s[:, :-1].reshape(-1)
    a = episodes.a.reshape(-1)
    units = episodes.units.reshape(-1).astype(jnp.float32)
    following = mdp.transition_counts(s, a, episodes.s[:, 1:].reshape(-1), spec.states, spec.actions)
    total = jnp.maximum(following.sum(-1), 1.0)
    share = mdp.transition_counts(s, a, s, spec.states, spec.actions, units).sum(-1) / total
    return Model(
        reward=jnp.log(jnp.stack([1 - share, share], -1) + SMALL),
        following=jnp.log(following / total[..., None] + SMALL),
    )
