"""Nearest neighbour: from the first city always to the nearest one that has not been visited.

**Source**: Rosenkrantz, Stearns and Lewis, "An Analysis of Several Heuristics for the Traveling Salesman Problem",
1977, from memory.

    next = argmin over cities j not seen of |x_j - x_here|

**Differs from the paper**: nothing.

**Shapes**: b instances, n cities.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.routing import distances
from toybench.tasks.routing._tsp import nearest_first


class NearestNeighbour(Method):
    """One tour, from city 0."""

    deterministic = True

    def tour(self, state: Any, xy: jax.Array) -> jax.Array:
        start = jnp.zeros((), jnp.int32)
        return jax.vmap(lambda way: nearest_first(way, start))(distances(xy))

    def built(self, state: Any) -> jax.Array:
        return jnp.zeros(())
