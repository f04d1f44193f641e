"""Heat map without learning: the nearer two cities, the likelier they are neighbours.

**Source**: candidate lists of nearest neighbours, Lin and Kernighan, "An Effective Heuristic Algorithm for the
Traveling-Salesman Problem", 1973, from memory; the cheap control of every learned heat map.

    heat_ij = -|x_i - x_j|

**Differs from the paper**: 1. the search is the study's.

**Shapes**: b instances, n cities.
"""

from typing import Any

import jax

from toybench import Method
from toybench.tasks.routing import distances


class NearCandidates(Method):
    """Distance alone."""

    deterministic = True

    def heat(self, state: Any, xy: jax.Array) -> jax.Array:
        return -distances(xy)
