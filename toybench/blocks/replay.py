"""A replay memory as arrays: a ring in which new items overwrite the oldest."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp


class Replay(NamedTuple):
    """Items as a pytree of arrays [capacity, ...], how many are there, and the place of the next, int32 []."""

    items: Any
    size: jax.Array
    at: jax.Array


def empty(item: Any, capacity: int) -> Replay:
    """Room for `capacity` items like `item`, a pytree of arrays of one item."""
    items = jax.tree.map(lambda x: jnp.zeros((capacity, *jnp.shape(x)), jnp.asarray(x).dtype), item)
    return Replay(items=items, size=jnp.int32(0), at=jnp.int32(0))


def add(replay: Replay, items: Any) -> Replay:
    """With `items` [n, ...] added in order; n is at most the capacity."""
    count = jax.tree.leaves(items)[0].shape[0]
    capacity = jax.tree.leaves(replay.items)[0].shape[0]
    places = (replay.at + jnp.arange(count)) % capacity
    stored = jax.tree.map(lambda old, new: old.at[places].set(new), replay.items, items)
    return Replay(items=stored, size=jnp.minimum(replay.size + count, capacity), at=(replay.at + count) % capacity)


def sample(replay: Replay, uniform: jax.Array) -> Any:
    """Items [b, ...] drawn with replacement, from uniform numbers [b]; zeros while there is nothing."""
    places = jnp.minimum((uniform * replay.size.astype(uniform.dtype)).astype(jnp.int32), replay.size - 1)
    return jax.tree.map(lambda old: old[places], replay.items)
