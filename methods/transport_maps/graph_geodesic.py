"""The shortest way over a graph of nearest neighbours among the points of the cloud.

**Source**: Tenenbaum, de Silva and Langford, "A Global Geometric Framework for Nonlinear Dimensionality Reduction"
(Isomap), 2000 (from memory); shortest ways between data points are a baseline of Sun et al., 2024, in the authors' code
`notebooks/geodesic_comparision/dijkstra.py`.

    way = argmin over i near x_0, j near x_1 of  |x_0 - p_i| + D_ij + |p_j - x_1|,    D from Floyd and Warshall

Places on a way are at equal lengths of the chain of points. Each inner place of the chain may be replaced by the mean
of it and its neighbours in the chain, some times over, which takes corners off.

**Differs from the paper**: 1. Isomap has distances alone; the way is followed hop by hop. 2. The rounding is ours.

**Shapes**: n points of the cloud, p pairs, t places on a way, h points of a chain, d coordinates.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.distances import squared_distances
from toybench.tasks.transport_maps import along, closed, neighbour_edges

HOPS = 40  # at most from one point of the cloud to another; ways of 2 radii have 10 to 20
FINE = 64  # points of a chain after it was cut into equal lengths


class Graph(NamedTuple):
    """Lengths of edges and shortest distances, [n, n] each."""

    edges: jax.Array
    distances: jax.Array


class GraphGeodesic(Method):
    """Nothing is learned but who is near to whom."""

    nearest: int = 8  # neighbours of a point, above 0
    rounded: int = 0  # times that corners are taken off

    deterministic = True
    space = {"nearest": (8, 16, 32, 64), "rounded": (0, 4)}

    def init(self, key: jax.Array) -> Graph:
        edges = neighbour_edges(self.given.points, self.nearest)
        return Graph(edges=edges, distances=closed(edges))

    def interpolate(self, state: Graph, start: jax.Array, end: jax.Array, s: jax.Array) -> jax.Array:
        chains = jax.vmap(lambda a, b: self.chain(state, a, b))(start, end)
        return jnp.swapaxes(jax.vmap(lambda chain: along(chain, s))(chains), 0, 1)

    def chain(self, graph: Graph, start: jax.Array, end: jax.Array) -> jax.Array:
        """Points [h, d] of the shortest way from one point [d] to another, with corners taken off."""
        points = self.given.points
        into = self.entrance(start)
        out = self.entrance(end)
        via = (into[:, None] + graph.distances + out[None, :]).min(1)
        goal = (graph.distances[via.argmin()] + out).argmin()
        onward = graph.edges + jnp.where(jnp.eye(len(points), dtype=bool), jnp.inf, 0.0)

        def hop(node: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
            after = (onward[node] + graph.distances[:, goal]).argmin()
            return jnp.where(node == goal, node, after), node

        last, nodes = jax.lax.scan(hop, via.argmin(), None, length=HOPS)
        chain = jnp.concatenate([start[None, :], points[nodes], points[last][None, :], end[None, :]])
        fine = along(chain, jnp.linspace(0.0, 1.0, FINE))
        for _ in range(self.rounded):
            middle = (fine[:-2] + fine[1:-1] + fine[2:]) / 3
            fine = fine.at[1:-1].set(middle)
        return fine

    def entrance(self, x: jax.Array) -> jax.Array:
        """Lengths [n] of the edges from a new point [d] to those nearest to it, else infinite."""
        apart = jnp.sqrt(squared_distances(x[None, :], self.given.points)[0])
        reach = -jax.lax.top_k(-apart, self.nearest)[0][-1]
        return jnp.where(apart <= reach, apart, jnp.inf)
