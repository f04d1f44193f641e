"""What the learners of episodes share: counts of transitions, a plan after every episode, and plans for a tail.

Shapes: n instances, H steps, S states, A actions, C totals.
"""

import abc
import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.mdp import counted_model, greedy
from toybench.tasks.risk_sensitive_rl import UNIT, Episodes, TableSpec

Bonus = Callable[[jax.Array, jax.Array], jax.Array]


class Counted(NamedTuple):
    """How often each transition was seen, [n, H, S, A, S], and the plan for the next episode, [n, ...]."""

    counts: jax.Array
    plan: jax.Array


class Counting(Method, abc.ABC):
    """Counts transitions and plans anew after every episode."""

    deterministic = True

    def init(self, key: jax.Array) -> Counted:
        spec = self.spec
        counts = jnp.zeros((spec.instances, spec.steps, spec.states, spec.actions, spec.states))
        return Counted(counts=counts, plan=jax.vmap(self.plan)(counts, self.given.units))

    def update(self, state: Counted, batch: Episodes, key: jax.Array) -> Counted:
        counts = state.counts + seen_once(self.spec, batch)
        return Counted(counts=counts, plan=jax.vmap(self.plan)(counts, self.given.units))

    @abc.abstractmethod
    def plan(self, counts: jax.Array, units: jax.Array) -> jax.Array:
        """The policy of one instance from its counts [H, S, A, S] and its rewards in units [H, S, A]."""


def seen_once(spec: TableSpec, batch: Episodes) -> jax.Array:
    """The transitions of one episode as counts: [n, H, S, A, S]."""
    s = jax.nn.one_hot(batch.s, spec.states)
    a = jax.nn.one_hot(batch.a, spec.actions)
    s1 = jax.nn.one_hot(batch.s1, spec.states)
    return s[..., :, None, None] * a[..., None, :, None] * s1[..., None, None, :]


def log_pairs(spec: TableSpec, episodes: int) -> float:
    """L = log(HSAK), the logarithm of the theory at delta = 1."""
    return math.log(spec.steps * spec.states * spec.actions * max(episodes, 1))


def most(spec: TableSpec) -> float:
    """The largest total of an episode."""
    return UNIT * (spec.totals - 1)


def tail_plan(spec: TableSpec, start: int, counts: jax.Array, units: jax.Array, bonus: Bonus) -> jax.Array:
    """The policy [H, S, C, A] that makes a lower bound of the mean shortfall below a budget least.

    The budget b is left over after rewards; U(s, b) bounds E (b - rewards to come)_+ from below:

        U(s, b) = min_a max{ 0, E U'(s1, b - r) - bonus }         0 where (s, a) was never seen, b_+ after the end

    The first budget is the best of b - U(s_0, b) / alpha. `bonus` is given the variance [S, A, C] of U'(s1, b - r) and
    the visits [S, A, 1].
    """
    kernel, seen = counted_model(counts)
    budgets = jnp.arange(spec.totals)

    def back(bound: jax.Array, step: tuple) -> tuple[jax.Array, jax.Array]:
        chances, unit, was_seen, visits = step
        left = jnp.maximum(budgets[None, None, :] - unit[:, :, None], 0)
        mean = jnp.take_along_axis(jnp.einsum("sat,tb->sab", chances, bound), left, axis=-1)
        square = jnp.take_along_axis(jnp.einsum("sat,tb->sab", chances, bound**2), left, axis=-1)
        variance = jnp.maximum(square - mean**2, 0.0)
        lower = jnp.maximum(mean - bonus(variance, jnp.maximum(visits, 1.0)[:, :, None]), 0.0)
        lower = jnp.where(was_seen[:, :, None] > 0, lower, 0.0)
        return lower.min(1), greedy(-jnp.swapaxes(lower, 1, 2))

    end = jnp.broadcast_to(UNIT * budgets.astype(jnp.float32), (spec.states, spec.totals))
    bound, policy = jax.lax.scan(back, end, (kernel, units, seen, counts.sum(-1)), reverse=True)
    first = jnp.argmax(UNIT * budgets.astype(jnp.float32) - bound[start] / spec.alpha)
    return policy[:, :, jnp.maximum(first - budgets, 0)]
