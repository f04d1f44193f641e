"""Farthest insertion: the city that is farthest from the tour enters it where it costs least.

**Source**: Rosenkrantz, Stearns and Lewis, "An Analysis of Several Heuristics for the Traveling Salesman Problem",
1977, from memory; the strongest constructor among the baselines of Kool et al. (2019).

    c = argmax over cities not on the tour of min over i on it of |x_c - x_i|
    c enters between i and next(i) where |x_i - x_c| + |x_c - x_next(i)| - |x_i - x_next(i)| is least

**Differs from the paper**: nothing. It begins with the two cities that are farthest apart.

**Shapes**: b instances, n cities.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.routing import distances

FAR = 1e9  # longer than any way in the unit square


class FarthestInsertion(Method):
    """One tour, without training."""

    deterministic = True

    def tour(self, state: Any, xy: jax.Array) -> jax.Array:
        return jax.vmap(insert_farthest)(distances(xy))

    def built(self, state: Any) -> jax.Array:
        return jnp.zeros(())


def insert_farthest(way: jax.Array) -> jax.Array:
    """The tour int32 [n] of cities with distances [n, n]."""
    count = len(way)
    a, b = jnp.unravel_index(jnp.argmax(way), way.shape)
    inside = jnp.zeros(count, bool).at[a].set(True).at[b].set(True)
    after = jnp.zeros(count, jnp.int32).at[a].set(b.astype(jnp.int32)).at[b].set(a.astype(jnp.int32))

    def enter(carry: tuple[jax.Array, jax.Array], _: None) -> tuple[tuple[jax.Array, jax.Array], None]:
        inside, after = carry
        from_tour = jnp.where(inside[None, :], way, FAR).min(1)
        city = jnp.argmax(jnp.where(inside, -1.0, from_tour)).astype(jnp.int32)
        cost = way[:, city] + way[city, after] - way[jnp.arange(count), after]
        place = jnp.argmin(jnp.where(inside, cost, FAR))
        after = after.at[city].set(after[place]).at[place].set(city)
        return (inside.at[city].set(True), after), None

    entered, _ = jax.lax.scan(enter, (inside, after), None, length=count - 2)
    after = entered[1]

    def walk(here: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        return after[here], here

    _, tour = jax.lax.scan(walk, jnp.zeros((), jnp.int32), None, length=count)
    return tour
