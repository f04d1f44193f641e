"""What is left of former tasks, from the errors on every task after every task."""

from typing import NamedTuple

import jax
import jax.numpy as jnp


class Retention(NamedTuple):
    """Means over the tasks so far: the error now, just after each task, and the growth over its least before."""

    final: jax.Array
    new: jax.Array
    forgetting: jax.Array


def task_so_far(step: jax.Array, length: int, tasks: int) -> jax.Array:
    """The task learned last after `step` steps, int32 []; the last one of all before the first step."""
    return jnp.where(step == 0, tasks - 1, (step + length - 1) // length - 1)


def retention(table: jax.Array, now: jax.Array, step: jax.Array, length: int) -> Retention:
    """`table` [t, t] is the error on task j after task i, filled in for tasks that are over; `now` [t] are the errors
    after `step` steps. Before the first step all tasks count, so that references are measured on the whole stream."""
    j, last = jnp.arange(len(now)), task_so_far(step, length, len(now))
    seen, old = j <= last, j < last
    table = jnp.where(step == 0, now[None, :], table.at[last].set(now))
    best = jnp.where((j[:, None] >= j[None, :]) & old[:, None], table, jnp.inf).min(0)
    lost = jnp.where(old, now - jnp.where(old, best, 0.0), 0.0)
    many = seen.sum().astype(now.dtype)
    return Retention(
        final=jnp.where(seen, now, 0.0).sum() / many,
        new=jnp.where(seen, jnp.diagonal(table), 0.0).sum() / many,
        forgetting=lost.sum() / jnp.maximum(many - 1, 1.0),
    )
