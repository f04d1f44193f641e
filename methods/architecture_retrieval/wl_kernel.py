"""Weisfeiler-Lehman colours of the wiring: what share of nodes has which colour.

**Source**: Shervashidze, Schweitzer, van Leeuwen, Mehlhorn and Borgwardt, "Weisfeiler-Lehman Graph Kernels", 2011 (from
memory), https://www.jmlr.org/papers/v12/shervashidze11a.html; a control of Pei, Li, Dong and Xu (2023).

    colour_i <- hash(colour_i, {colour_j: i reads j}, {colour_j: j reads i});    e = root of shares of colours

Distances of roots of shares are Hellinger's.

**Differs from the paper**: 1. shares of nodes and their roots in place of counts. 2. Both directions are told apart.
3. Operators are left out, unless `operators` is true. 4. Colours are counted in a fixed number of bins.

**Shapes**: b graphs, n nodes, r rounds and the first colours.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.graphs import colour_counts, colours
from toybench.tasks.architecture_retrieval import Graphs

BINS = 256  # of a round, many more than a graph has colours


class WLKernel(Method):
    """No training."""

    rounds: int = 2  # of refinement, 1 or more
    operators: bool = False  # whether colours begin as operators

    deterministic = True
    space = {"rounds": (1, 2, 3, 4, 6)}

    def embed_graphs(self, state: tuple[()], graphs: Graphs) -> jax.Array:
        labels = graphs.x.argmax(-1) if self.operators else jnp.zeros(graphs.mask.shape, jnp.int32)
        ways = jnp.stack([graphs.edges, jnp.swapaxes(graphs.edges, 1, 2)], axis=1)
        found = jax.vmap(lambda edges, label: colours(edges, label, self.rounds))(ways, labels)
        counts = jax.vmap(lambda rows, mask: jax.vmap(lambda row: colour_counts(row, mask, BINS))(rows))(
            found, graphs.mask
        )
        shares = counts / graphs.mask.sum(-1)[:, None, None]
        return jnp.sqrt(shares).reshape(len(shares), -1)
