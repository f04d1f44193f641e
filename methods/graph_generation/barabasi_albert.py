"""Barabasi and Albert's graphs: every new node links to a few others, in proportion to their degrees.

**Source**: Barabasi and Albert, "Emergence of Scaling in Random Networks", 1999; a baseline of Bacciu et al., 2020,
`baselines/simple.py`; the start, a star, as in networkx.

    node k links to m different nodes among 0 .. k - 1, each drawn with probability in proportion to its degree

**Differs from the paper**: 1. Nodes and m are those of a random given graph: m (n - m) is nearest to its number of
edges. The authors search m for each graph by degrees and clustering, and average over graphs of one size.

**Shapes**: m given graphs, c drawn graphs, n nodes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import uniforms


def fitted_links(edges: jax.Array, size: jax.Array) -> jax.Array:
    """Links of a new node, int32 [], for which a graph of that size has most nearly as many edges as [n, n] has."""
    links = jnp.arange(1, len(edges) // 2 + 1, dtype=jnp.int32)
    fits = jnp.abs(links * (size - links) - (edges.sum() / 2).astype(jnp.int32))
    return links[jnp.where(2 * links <= jnp.maximum(size, 2), fits, len(edges) ** 2).argmin()]


class BarabasiAlbert(Method):
    """Preferential attachment."""

    deterministic = True

    def init(self, key: jax.Array) -> jax.Array:
        return jax.vmap(fitted_links)(self.given.edges, self.given.size)

    def draw_graphs(self, state: Any, key: jax.Array, count: int) -> jax.Array:
        nodes = self.spec.nodes
        noise = uniforms(key, rows=(count,), order=(nodes, count, nodes))
        row = jnp.floor(noise["rows"] * self.spec.given).astype(jnp.int32)
        size = self.given.size[row]
        links = state[row]
        tiny = jnp.finfo(noise["order"].dtype).tiny
        gumbel = -jnp.log(-jnp.log(jnp.maximum(noise["order"], tiny)))
        node = jnp.arange(nodes)
        star = ((node[:, None] == 0) & (node > 0)[None, :])[None] & (node[None, None, :] <= links[:, None, None])
        start = (star | jnp.swapaxes(star, 1, 2)).astype(jnp.float32)

        def attach(edges: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
            order, new = now
            score = jnp.where((node < new)[None, :], jnp.log(edges.sum(2)) + order, -jnp.inf)
            least = jnp.take_along_axis(-jnp.sort(-score, axis=1), links[:, None] - 1, axis=1)
            grows = (new > links) & (new < size)
            linked = ((score >= least) & (node < new)[None, :] & grows[:, None]).astype(edges.dtype)
            here = (node == new).astype(edges.dtype)
            both = here[None, :, None] * linked[:, None, :]
            return edges + both + jnp.swapaxes(both, 1, 2), None

        edges, _ = jax.lax.scan(attach, start, (gumbel, node))
        return edges
