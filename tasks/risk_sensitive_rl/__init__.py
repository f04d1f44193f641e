"""Learn to act well in the worst share of the cases, by trying and by gradients.

A learner answers one of four questions. `ArmPlayer`: pull the arm with the best tail. `TailPlanner`: play episodes so
that the worst totals are high; a policy may look at what was collected so far. `StepPlanner`: play episodes so that the
next value is high in its worst cases, at every step. `ThresholdPlanner`: given the model, choose thresholds beside
actions. The conditional value at risk (CVaR) of level alpha is the mean of the worst alpha share,

    CVaR(X) = max_b { b - E (b - X)_+ / alpha }

Every trial holds several independent instances side by side. What a learner plays is judged exactly, by dynamic
programming, so that regret has no noise of its own. Rewards are known to all; of transitions only samples are shown.
Shapes: n instances, k arms, l reward levels, H steps, S states, A actions, C totals collected so far, m mixed kernels,
E thresholds.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

UNIT = 0.25  # reward of one unit in an episode
START = 0  # the state where every episode begins


@dataclass(frozen=True)
class ArmSpec:
    """Sizes, and the share of the worst cases that counts."""

    instances: int
    arms: int
    levels: int
    alpha: float


@dataclass(frozen=True)
class TableSpec:
    """Sizes of the episodic problems, and the share of the worst cases that counts.

    Attributes:
      steps: decisions in an episode.
      totals: how many sums of units there are, 0 included.
      parts: kernels of which every transition law is a mixture.
      thresholds: levels that a threshold may have, those of the rewards.
      averse: weight of the CVaR beside the mean, for `ThresholdPlanner`.
    """

    instances: int
    steps: int
    states: int
    actions: int
    totals: int
    parts: int
    alpha: float
    thresholds: int = 1
    averse: float = 0.0


class Pull(NamedTuple):
    """The arm that was pulled and the level of its reward, both int32 [n]."""

    arm: jax.Array
    level: jax.Array


class Episodes(NamedTuple):
    """One episode an instance: states, actions and next states, int32 [n, H]."""

    s: jax.Array
    a: jax.Array
    s1: jax.Array


class Given(NamedTuple):
    """What learners are told.

    Attributes:
      units: rewards in units, int32 [n, H, S, A].
      parts: the kernels that are mixed, [n, H, m, S, A, S]; for methods that say that they use them.
    """

    units: jax.Array
    parts: jax.Array


class Model(NamedTuple):
    """The whole problem: transitions [n, H, S, A, S], rewards in units, int32 [n, H, S, A], and the start's law [S]."""

    transitions: jax.Array
    units: jax.Array
    start: jax.Array


class Known(NamedTuple):
    """A reference whose metrics are known without an episode being played."""

    metrics: dict[str, jax.Array]


class ArmPlayer(Protocol):
    """Pulls arms."""

    def pull(self, state: Any, key: jax.Array) -> jax.Array:
        """The arm to pull now: int32 [n]."""


class TailPlanner(Protocol):
    """Plays episodes for the CVaR of their totals."""

    def policy(self, state: Any, key: jax.Array) -> jax.Array:
        """Probabilities of the actions by step, state and units collected so far: [n, H, S, C, A]."""


class StepPlanner(Protocol):
    """Plays episodes for the iterated CVaR."""

    def rule(self, state: Any, key: jax.Array) -> jax.Array:
        """Probabilities of the actions by step and state: [n, H, S, A]."""


class ThresholdPlanner(Protocol):
    """Chooses with every action the threshold that its next reward is compared with."""

    def thresholds(self, state: Any) -> jax.Array:
        """Joint probabilities of action and next threshold by step, state and threshold: [n, H, S, E, A, E]."""


def dual_tail_mean(values: jax.Array, law: jax.Array, alpha: Any) -> jax.Array:
    """CVaR [...] of values [..., l] under a law [..., l] by its dual: the best b is one of the values, no sorting."""
    b = values[..., :, None]
    short = jnp.maximum(b - values[..., None, :], 0.0)
    return (values - (short * law[..., None, :]).sum(-1) / alpha).max(-1)


def iterated_value(transitions: jax.Array, rewards: jax.Array, policy: jax.Array, alpha: Any) -> jax.Array:
    """Iterated CVaR [S] of a policy [H, S, A] at the first step: q = r + CVaR of the next value, mean over actions."""

    def back(value: jax.Array, step: tuple) -> tuple[jax.Array, None]:
        kernel, reward, chances = step
        q = reward + dual_tail_mean(jnp.broadcast_to(value, kernel.shape), kernel, alpha)
        return (chances * q).sum(-1), None

    value, _ = jax.lax.scan(back, jnp.zeros(transitions.shape[1]), (transitions, rewards, policy), reverse=True)
    return value


def averse_values(
    transitions: jax.Array, units: jax.Array, thresholds: int, alpha: Any, averse: Any, policy: jax.Array | None = None
) -> jax.Array:
    """Values [H, S, E] of a threshold policy [H, S, E, A, E], or the best ones, under expected conditional risk.

    Rewards but the first count (1 - averse) r + averse CVaR(r given the state before). The CVaR is written with the
    threshold e that was chosen one step before, which leaves a problem without risk in the state (s, e):

        v(s, e) = E [ (1 - averse) r - averse (e - r)_+ / alpha + averse e1 + v(s1, e1) ]
    """
    steps = transitions.shape[0]
    levels = UNIT * jnp.arange(thresholds, dtype=jnp.float32)
    later = averse * (jnp.arange(steps) > 0).astype(jnp.float32)
    goes_on = averse * (jnp.arange(steps) < steps - 1).astype(jnp.float32)

    def back(value: jax.Array, step: tuple) -> tuple[jax.Array, jax.Array]:
        kernel, unit, weight, more, chances = step
        reward = UNIT * unit.astype(jnp.float32)[:, None, :]  # [S, 1, A]
        short = jnp.maximum(levels[None, :, None] - reward, 0.0)  # [S, E, A]
        paid = (1 - weight) * reward - weight * short / alpha
        following = more * levels[None, None, :] + jnp.einsum("sat,tf->saf", kernel, value)  # [S, A, E]
        q = paid[..., None] + following[:, None]
        value = q.max((-2, -1)) if chances is None else (chances * q).sum((-2, -1))
        return value, value

    end = jnp.zeros((transitions.shape[1], thresholds))
    _, values = jax.lax.scan(back, end, (transitions, units, later, goes_on, policy), reverse=True)
    return values
