"""GraphRNN: one network walks over nodes, a second one writes a node's edges to those before it, the latest first.

**Source**: You, Ying, Ren, Hamilton and Leskovec, "GraphRNN: Generating Realistic Graphs with Deep Auto-regressive
Models", 2018, https://arxiv.org/abs/1802.08773, algorithm 1 and section 2.3 from memory; a baseline of Bacciu et al.

    h_i = GRU(h_{i-1}, row_{i-1}),  g_0 = A h_i,  g_k = GRU(g_{k-1}, last edge),  p(i, i - k linked) = sigma(o . g_k)

A node without edges ends the graph.

**Differs from the paper**: 1. One layer of 32 units and one of 16, not four of 128 and of 16. 2. One fixed
breadth-first order, as the others have, not a random one an epoch. 3. All nodes before count, not a window of them.
4. Logits are divided by a temperature, as for the other network; the paper has none.

**Shapes**: b graphs, c drawn graphs, n nodes, s = n - 1 places of a row or rows, w hidden units of either network.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.graph_generation._recurrent import (
    SPACE,
    WIDTH,
    Cell,
    Linear,
    Recurrent,
    State,
    advanced,
    applied,
    cell_of,
    linear_of,
    weights,
)

NARROW = 16  # units of the second network, the authors' number
BEGIN = 2  # what the second network reads before its first edge; 0 and 1 are its last answer


class Params(NamedTuple):
    """Two cells, the second's first state, its output."""

    node: Cell
    edge: Cell
    pass_on: Linear
    out: Linear


class Rows(NamedTuple):
    """Edges [b, s, s] of the second to the last node to those before it, the latest first; which of them count."""

    edges: jax.Array
    counts: jax.Array


class GraphRNNLite(Recurrent):
    """Node by node."""

    space = SPACE

    def start(self, key: jax.Array) -> Params:
        drawn = weights(
            key,
            node_reads=(self.spec.nodes - 1, 3 * WIDTH),
            node_keeps=(WIDTH, 3 * WIDTH),
            edge_reads=(3, 3 * NARROW),
            edge_keeps=(NARROW, 3 * NARROW),
            pass_on=(WIDTH, NARROW),
            out=(NARROW, 1),
        )
        return Params(
            node=cell_of(drawn, "node"),
            edge=cell_of(drawn, "edge"),
            pass_on=linear_of(drawn["pass_on"]),
            out=linear_of(drawn["out"]),
        )

    def read(self) -> Rows:
        """A row counts up to the first that is empty; of row i its first i + 1 places do."""
        steps = self.spec.nodes - 1
        place = jnp.arange(steps)
        node = place[:, None] + 1
        before = node - 1 - place[None, :]
        edges = jnp.where(before >= 0, self.given.edges[:, node, jnp.maximum(before, 0)], 0.0)
        exists = node[None] <= self.given.size[:, None, None]
        return Rows(edges=edges, counts=(exists & (before >= 0)[None]).astype(edges.dtype))

    def logits(self, params: Params, edges: jax.Array) -> jax.Array:
        """Logits [b, s, s] of every edge, given the true ones before it."""
        previous = jnp.pad(edges, ((0, 0), (1, 0), (0, 0)), constant_values=1.0)[:, :-1]

        def walk(h: jax.Array, row: jax.Array) -> tuple[jax.Array, jax.Array]:
            h = advanced(params.node, h, row @ params.node.reads)
            return h, h

        _, every = jax.lax.scan(walk, jnp.zeros((len(edges), WIDTH)), jnp.swapaxes(previous, 0, 1))
        begin = jnp.full((*edges.shape[:2], 1), BEGIN, jnp.int32)
        symbols = jnp.concatenate([begin, edges[:, :, :-1].astype(jnp.int32)], axis=2)

        def write(g: jax.Array, symbol: jax.Array) -> tuple[jax.Array, jax.Array]:
            g = advanced(params.edge, g, params.edge.reads[symbol])
            return g, applied(params.out, g)[..., 0]

        start = applied(params.pass_on, jnp.swapaxes(every, 0, 1))
        return jnp.moveaxis(jax.lax.scan(write, start, jnp.moveaxis(symbols, 2, 0))[1], 0, 2)

    def loss(self, params: Params, data: Rows) -> jax.Array:
        logits = self.logits(params, data.edges)
        each = jax.nn.softplus(logits) - data.edges * logits
        return (data.counts * each).sum() / data.counts.sum()

    def draw_graphs(self, state: State, key: jax.Array, count: int) -> jax.Array:
        params = state.params
        steps = self.spec.nodes - 1
        noise = jax.random.logistic(key, (steps, steps, count))
        place = jnp.arange(steps)

        def write(carry: tuple[jax.Array, jax.Array], now: tuple[jax.Array, jax.Array]) -> tuple[tuple, jax.Array]:
            g, symbol = carry
            logistic, counts = now
            g = advanced(params.edge, g, params.edge.reads[symbol])
            edge = (applied(params.out, g)[:, 0] / self.temperature + logistic > 0) & counts
            return (g, edge.astype(jnp.int32)), edge.astype(jnp.float32)

        def walk(carry: tuple[jax.Array, ...], now: tuple[jax.Array, jax.Array]) -> tuple[tuple, jax.Array]:
            h, row, open_ = carry
            logistic, node = now
            h = advanced(params.node, h, row @ params.node.reads)
            begin = (applied(params.pass_on, h), jnp.full(count, BEGIN, jnp.int32))
            _, written = jax.lax.scan(write, begin, (logistic, place < node))
            row = written.T * open_[:, None]
            return (h, row, open_ * (row.sum(1) > 0).astype(row.dtype)), row

        begin = (jnp.zeros((count, WIDTH)), jnp.ones((count, steps)), jnp.ones(count))
        _, rows = jax.lax.scan(walk, begin, (noise, place + 1))
        return graph_of(jnp.swapaxes(rows, 0, 1))


def graph_of(rows: jax.Array) -> jax.Array:
    """Edges [c, n, n] of rows [c, s, s], whose places count back from the node before."""
    steps = rows.shape[1]
    place = jnp.arange(steps)
    back = place[:, None] - place[None, :]
    before = jnp.where(back >= 0, jnp.take_along_axis(rows, jnp.maximum(back, 0)[None], axis=2), 0.0)
    lower = jnp.pad(before, ((0, 0), (1, 0), (0, 1)))
    return lower + jnp.swapaxes(lower, 1, 2)
