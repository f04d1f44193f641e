"""The middle of what the triangle inequality allows: no parameters, no training.

**Source**: ours, a control. Every quasimetric that agrees with the observed distances lies between two bounds.

    U(x, y) = length of the shortest path from x to y whose edges are observed pairs
    L(x, y) = max_z max(o(x, z) - U(y, z), o(z, y) - U(z, x), least observed distance)       o: observed distances
    discount^d(x, y) = (discount^U(x, y) + discount^L(x, y)) / 2

**Differs from the paper**: there is none. The least observed distance bounds those of distinct nodes that no triangle
bounds; it is a guess, not a theorem.

**Shapes**: n nodes, b pairs.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.quasimetric import DISCOUNT, Pairs, shortest_paths


class State(NamedTuple):
    """The discounted distances [n, n] of the pairs that were seen [n, n]."""

    discounted: jax.Array
    seen: jax.Array


class TriangleBounds(Method):
    """Mean of the discounted upper and lower bound that observed distances put on the others."""

    deterministic = True

    def init(self, key: jax.Array) -> State:
        shape = (self.spec.nodes, self.spec.nodes)
        return State(discounted=jnp.zeros(shape), seen=jnp.zeros(shape, dtype=bool))

    def update(self, state: State, batch: Pairs, key: jax.Array) -> State:
        return State(
            discounted=state.discounted.at[batch.x, batch.y].set(batch.discounted),
            seen=state.seen.at[batch.x, batch.y].set(True),
        )

    def distance(self, state: State, x: jax.Array, y: jax.Array) -> jax.Array:
        observed = jnp.log(state.discounted) / math.log(DISCOUNT)  # inf where there is no way
        upper = shortest_paths(jnp.where(state.seen, observed, jnp.inf))
        lower = lower_bound(observed, state.seen, upper)
        middle = (DISCOUNT**upper + DISCOUNT**lower) / 2
        return (jnp.log(middle) / math.log(DISCOUNT))[x, y]


def lower_bound(observed: jax.Array, seen: jax.Array, upper: jax.Array) -> jax.Array:
    """The least distances [n, n] that seen ones and the upper bound on all [n, n] leave; 0 from a node to itself."""
    whole = jnp.where(seen, observed, -jnp.inf)  # an unseen distance bounds nothing
    known = jnp.isfinite(upper)  # nor does a part of unknown length
    part = jnp.where(known, upper, 0.0)
    of_x = jnp.where(known[None, :, :], whole[:, None, :] - part[None, :, :], -jnp.inf)  # o(x, z) - U(y, z)
    of_y = jnp.where(known.T[:, None, :], whole.T[None, :, :] - part.T[:, None, :], -jnp.inf)  # o(z, y) - U(z, x)
    least = jnp.where(seen, observed, jnp.inf).min()
    bound = jnp.maximum(jnp.maximum(of_x, of_y).max(axis=-1), least)
    return jnp.where(jnp.eye(len(upper), dtype=bool), 0.0, bound)
