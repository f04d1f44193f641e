"""Tabular decision processes: values, occupancies, laws of returns and risk, all exact; counts and played episodes.

Shapes: S states, A actions, H steps, K sizes of one reward in units, C levels of what was collected; leading axes
where "..." stands. `transitions` [S, A, S] and [H, S, A, S] give the chance of the next state in their last axis.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

HIGHEST = jax.lax.Precision.HIGHEST


def chain(transitions: jax.Array, policy: jax.Array) -> jax.Array:
    """Chances [..., S, S] of the next state under policies [..., S, A]."""
    return jnp.einsum("sat,...sa->...st", transitions, policy)


def expected(rewards: jax.Array, policy: jax.Array) -> jax.Array:
    """Expected rewards [..., S] of policies [..., S, A]."""
    return (rewards * policy).sum(-1)


def geometric(steps: jax.Array, discount: float | jax.Array, doublings: int = 9) -> jax.Array:
    """Sum of discount^t steps^t over t < 2^doublings, for matrices [..., n, n], by repeated squaring."""
    power = discount * steps
    total = jnp.broadcast_to(jnp.eye(steps.shape[-1], dtype=steps.dtype), steps.shape)
    for _ in range(doublings):
        total = total + jnp.matmul(power, total, precision=HIGHEST)
        power = jnp.matmul(power, power, precision=HIGHEST)
    return total


def policy_value(
    transitions: jax.Array, rewards: jax.Array, policy: jax.Array, discount: float | jax.Array, doublings: int = 9
) -> jax.Array:
    """Discounted values [..., S] of policies [..., S, A] for rewards [..., S, A], over 2^doublings steps."""
    visited = geometric(chain(transitions, policy), discount, doublings)
    return jnp.einsum("...st,...t->...s", visited, expected(rewards, policy), precision=HIGHEST)


def q_values(transitions: jax.Array, rewards: jax.Array, values: jax.Array, discount: float | jax.Array) -> jax.Array:
    """Values [..., S, A] of each action when the next state is worth `values` [..., S]."""
    return rewards + discount * jnp.einsum("sat,...t->...sa", transitions, values, precision=HIGHEST)


def occupancy(transitions: jax.Array, policy: jax.Array, discount: float | jax.Array, doublings: int = 9) -> jax.Array:
    """Discounted chances [..., S, A, S] of the states to come: (1 - discount) sum_t discount^t P(s_{t+1} | s, a)."""
    visited = geometric(chain(transitions, policy), discount, doublings)
    return (1 - discount) * jnp.einsum("sat,...tu->...sau", transitions, visited, precision=HIGHEST)


def value_iteration(transitions: jax.Array, rewards: jax.Array, discount: float | jax.Array, sweeps: int) -> jax.Array:
    """Optimal values [..., S] for rewards [..., S, A], after `sweeps` backups from 0."""
    start = jnp.zeros(rewards.shape[:-1], rewards.dtype)
    return jax.lax.fori_loop(0, sweeps, lambda _, v: q_values(transitions, rewards, v, discount).max(-1), start)


def greedy(q: jax.Array) -> jax.Array:
    """The policy [..., A] that takes the first of the best actions."""
    return jax.nn.one_hot(q.argmax(-1), q.shape[-1], dtype=q.dtype)


def backward_induction(transitions: jax.Array, rewards: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Optimal values [H + 1, S], 0 at the end, and those of the actions [H, S, A], of a problem of H steps."""

    def back(values: jax.Array, step: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        q = q_values(step[0], step[1], values, 1.0)
        return q.max(-1), (q.max(-1), q)

    end = jnp.zeros(rewards.shape[1], rewards.dtype)
    _, (values, q) = jax.lax.scan(back, end, (transitions, rewards), reverse=True)
    return jnp.concatenate([values, end[None]]), q


def finite_value(transitions: jax.Array, rewards: jax.Array, policy: jax.Array) -> jax.Array:
    """Values [H + 1, S] of a policy [H, S, A]."""

    def back(values: jax.Array, step: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        values = expected(q_values(step[0], step[1], values, 1.0), step[2])
        return values, values

    end = jnp.zeros(rewards.shape[1], rewards.dtype)
    _, values = jax.lax.scan(back, end, (transitions, rewards, policy), reverse=True)
    return jnp.concatenate([values, end[None]])


def visits(transitions: jax.Array, policy: jax.Array, start: jax.Array) -> jax.Array:
    """Chances [H, S, A] of each state and action at each step, from states of law start [S]."""

    def forward(law: jax.Array, step: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        both = law[:, None] * step[1]
        return jnp.einsum("sa,sat->t", both, step[0], precision=HIGHEST), both

    return jax.lax.scan(forward, start, (transitions, policy))[1]


def soft_induction(
    transitions: jax.Array, rewards: jax.Array, temperature: float | jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Values [H + 1, S] and policy [H, S, A] that are best when entropy is paid `temperature` a nat."""

    def back(values: jax.Array, step: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        q = q_values(step[0], step[1], values, 1.0) / temperature
        values = temperature * jax.nn.logsumexp(q, axis=-1)
        return values, (values, jax.nn.softmax(q, axis=-1))

    end = jnp.zeros(rewards.shape[1], rewards.dtype)
    _, (values, policy) = jax.lax.scan(back, end, (transitions, rewards), reverse=True)
    return jnp.concatenate([values, end[None]]), policy


def lower_tail_mean(values: jax.Array, law: jax.Array, alpha: float | jax.Array) -> jax.Array:
    """Conditional value at risk [...]: the mean of the worst share alpha of values [..., n] with chances [..., n].

    The atom at the quantile counts in part. alpha = 1 gives the mean.
    """
    values, law = jnp.broadcast_arrays(values, law)
    order = jnp.argsort(values, axis=-1)
    values, law = jnp.take_along_axis(values, order, axis=-1), jnp.take_along_axis(law, order, axis=-1)
    below = jnp.cumsum(law, axis=-1) - law
    counted = jnp.clip(alpha - below, 0.0, law)
    return (counted * values).sum(-1) / alpha


def iterated_cvar_induction(
    transitions: jax.Array, rewards: jax.Array, alpha: float | jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Values [H + 1, S] and [H, S, A] where each step counts the worst share alpha of the next state's values."""

    def back(values: jax.Array, step: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        q = step[1] + lower_tail_mean(values[None, None, :], step[0], alpha)
        return q.max(-1), (q.max(-1), q)

    end = jnp.zeros(rewards.shape[1], rewards.dtype)
    _, (values, q) = jax.lax.scan(back, end, (transitions, rewards), reverse=True)
    return jnp.concatenate([values, end[None]]), q


def kernel_of(transitions: jax.Array, units: jax.Array, sizes: int) -> jax.Array:
    """Joint chances [H, S, A, K, S] of reward and next state, for rewards that are certain: int units [H, S, A]."""
    paid = jax.nn.one_hot(units, sizes, dtype=transitions.dtype)
    return paid[..., :, None] * transitions[..., None, :]


def _shifted(levels: int, sizes: int) -> jax.Array:
    """The level [C, K] reached from each level by each reward; the highest level takes all that is above."""
    return jnp.minimum(jnp.arange(levels)[:, None] + jnp.arange(sizes)[None, :], levels - 1)


def return_law(kernel: jax.Array, policy: jax.Array, start: jax.Array) -> jax.Array:
    """Law [H + 1, S, C] of the state and of the units collected, under a policy [H, S, C, A] that may see both."""
    levels = policy.shape[2]
    move = jax.nn.one_hot(_shifted(levels, kernel.shape[3]), levels, dtype=kernel.dtype)  # [C, K, C]
    first = jnp.zeros((start.shape[0], levels), kernel.dtype).at[:, 0].set(start)

    def forward(law: jax.Array, step: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        paid = jnp.einsum("sca,sakt->ckt", law[:, :, None] * step[1], step[0], precision=HIGHEST)
        law = jnp.einsum("ckt,ckd->td", paid, move, precision=HIGHEST)
        return law, law

    _, laws = jax.lax.scan(forward, first, (kernel, policy))
    return jnp.concatenate([first[None], laws])


def tail_induction(
    kernel: jax.Array, start: jax.Array, alpha: float | jax.Array, levels: int, unit: float = 1.0
) -> tuple[jax.Array, jax.Array]:
    """The best conditional value at risk of the total, and a policy [H, S, C, A] that has it.

    CVaR is the largest b - E (b - total)_+ / alpha over b; for each level b the shortfall is made least by backward
    induction over (state, collected), as in Bauerle and Ott (2011). Totals are in units of size `unit`.
    """
    table = _shifted(levels, kernel.shape[3])

    def plan(target: jax.Array) -> tuple[jax.Array, jax.Array]:
        short = jnp.maximum(target - jnp.arange(levels, dtype=kernel.dtype), 0.0)
        end = jnp.broadcast_to(short[None, :], (start.shape[0], levels))

        def back(value: jax.Array, now: jax.Array) -> tuple[jax.Array, jax.Array]:
            q = jnp.einsum("sakt,tck->sca", now, value[:, table], precision=HIGHEST)
            return q.min(-1), greedy(-q)

        value, policy = jax.lax.scan(back, end, kernel, reverse=True)
        return target - (value[:, 0] * start).sum() / alpha, policy

    values, policies = jax.vmap(plan)(jnp.arange(levels, dtype=kernel.dtype))
    best = values.argmax()
    return unit * values[best], policies[best]


def transition_counts(
    s: jax.Array, a: jax.Array, s1: jax.Array, states: int, actions: int, weights: jax.Array | None = None
) -> jax.Array:
    """How often [S, A, S] each transition is in the data s, a, s1 int32 [n], each counted with its weight [n]."""
    counts = jnp.zeros((states, actions, states))
    return counts.at[s, a, s1].add(jnp.float32(1.0) if weights is None else weights)


def counted_model(counts: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(transitions [..., S, A, S], seen [..., S, A], 1 where there are counts); rows that were never seen are 0."""
    total = counts.sum(-1)
    return counts / jnp.where(total > 0, total, 1.0)[..., None], (total > 0).astype(counts.dtype)


def pick(uniform: jax.Array, law: jax.Array) -> jax.Array:
    """Items int32 [...] of chances law [..., n], from uniform numbers [...]; one of chance 0 is never picked."""
    above = uniform[..., None] * law.sum(-1, keepdims=True) >= jnp.cumsum(law, axis=-1)
    last = law.shape[-1] - 1 - (law > 0)[..., ::-1].argmax(-1)
    return jnp.minimum(above.sum(-1), last).astype(jnp.int32)


class Episode(NamedTuple):
    """A played episode: states int32 [H + 1], actions [H], rewards in units [H], units collected before [H + 1]."""

    s: jax.Array
    a: jax.Array
    units: jax.Array
    collected: jax.Array


def episode(
    uniform: jax.Array, kernel: jax.Array, policy: jax.Array, start_uniform: jax.Array, start: jax.Array
) -> Episode:
    """One episode of a policy [H, S, C, A] in kernel [H, S, A, K, S], from uniform numbers [H, 2] and []."""
    states, sizes, levels = kernel.shape[1], kernel.shape[3], policy.shape[2]

    def step(now: tuple[jax.Array, jax.Array], drawn: tuple[jax.Array, ...]) -> tuple[tuple, tuple]:
        here, collected = now
        numbers, moves, acts = drawn
        action = pick(numbers[0], acts[here, collected])
        outcome = pick(numbers[1], moves[here, action].reshape(sizes * states))
        units, there = outcome // states, outcome % states
        total = jnp.minimum(collected + units, levels - 1)
        return (there, total), (action, units, there, total)

    first = (pick(start_uniform, start), jnp.int32(0))
    _, (a, units, s1, total) = jax.lax.scan(step, first, (uniform, kernel, policy))
    s = jnp.concatenate([first[0][None], s1])
    return Episode(s=s, a=a, units=units, collected=jnp.concatenate([first[1][None], total]))
