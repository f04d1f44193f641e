"""Barabasi and Albert's graphs: every new node links to a few others, in proportion to their degrees.

**Source**: Barabasi and Albert, "Emergence of Scaling in Random Networks", 1999; a baseline of Bacciu et al., 2020,
`baselines/simple.py`; the start, a star, as in networkx.

    node k links to `links` different nodes among 0 .. k - 1, each drawn with probability in proportion to its degree

**Differs from the paper**: 1. The number of links is tuned, one for all graphs.

**Shapes**: c drawn graphs, n nodes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.random import uniforms


class BarabasiAlbert(Method):
    """Preferential attachment."""

    links: int = 3  # of a new node, 1 and above

    deterministic = True
    space = {"links": (1, 2, 3, 4)}

    def draw_graphs(self, state: Any, key: jax.Array, count: int) -> jax.Array:
        nodes = self.spec.nodes
        noise = uniforms(key, rows=(count,), order=(nodes, count, nodes))
        size = self.given.size[jnp.floor(noise["rows"] * self.spec.given).astype(jnp.int32)]
        tiny = jnp.finfo(noise["order"].dtype).tiny
        gumbel = -jnp.log(-jnp.log(jnp.maximum(noise["order"], tiny)))
        node = jnp.arange(nodes)
        star = ((node[:, None] == 0) & (node[None, :] > 0) & (node[None, :] <= self.links)).astype(jnp.float32)
        start = jnp.broadcast_to((star + star.T)[None], (count, nodes, nodes))

        def attach(edges: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
            order, new = now
            score = jnp.where((node < new)[None, :], jnp.log(edges.sum(2)) + order, -jnp.inf)
            least = jax.lax.top_k(score, self.links)[0][:, -1:]
            grows = (new > self.links) & (new < size)
            linked = ((score >= least) & (node < new)[None, :] & grows[:, None]).astype(edges.dtype)
            here = (node == new).astype(edges.dtype)
            both = here[None, :, None] * linked[:, None, :]
            return edges + both + jnp.swapaxes(both, 1, 2), None

        edges, _ = jax.lax.scan(attach, start, (gumbel, node))
        return edges
