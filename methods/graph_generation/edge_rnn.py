"""Graphs as sorted lists of edges: one network writes first ends, a second one, from its last state, second ends.

**Source**: Bacciu, Micheli and Podda, "Edge-based sequential graph generation with recurrent neural networks", 2020,
https://arxiv.org/abs/2002.00102; abstract, and the authors' code (github.com/marcopodda/grapher), `learner/model.py`,
`dataset/graph.py`, `dataset/dataset.py`, `config/config.py`, `cfg/config_community.yaml`, `cfg/config_ladders.yaml`.

    log p = sum_t log p(u_t | u_<t) + sum_t log p(v_t | u_<=t, h),  h the first network's state after all u

A second end doesn't depend on other second ends.

**Differs from the paper**: 1. One layer of 32 units, not two of 128, and no dropout; a symbol's embedding and the input
weights are one table. 2. The end of a list is the symbol that begins it. 3. The first end of an edge is the one that
comes first in breadth-first order; in the released code it is the one with the lower number in the data. 4. When
drawing, the second network starts from the state after all first ends, as in training; the released sampler takes the
state before the last one. 5. One temperature for both networks; the authors have two. 6. The rate falls by a cosine,
not by halves. 7. Pairs with the end's symbol or of one node are no edges; in the released sampler they count.

**Shapes**: b graphs, c drawn graphs, t symbols of a list, n nodes, v = n + 1 symbols, w hidden units.
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
from toybench.tasks.graph_generation import Graphs

END = 0  # the symbol before the first edge and after the last one; nodes are 1 to n


class Params(NamedTuple):
    """Two cells with their outputs."""

    first: Cell
    first_out: Linear
    second: Cell
    second_out: Linear


class Lists(NamedTuple):
    """First and second ends of edges in lexicographic order, int32 [b, t], then END; how many edges, int32 [b]."""

    first: jax.Array
    second: jax.Array
    size: jax.Array


def edge_lists(graphs: Graphs, most: int) -> Lists:
    """Graphs as lists of `most` + 1 symbols."""
    ends = jnp.triu_indices(graphs.edges.shape[-1], 1)
    present = graphs.edges[:, ends[0], ends[1]] > 0
    order = jnp.argsort(~present, axis=1, stable=True)[:, :most]
    size = present.sum(1)
    inside = jnp.arange(most)[None, :] < size[:, None]
    lists = [jnp.pad(jnp.where(inside, end[order] + 1, END), ((0, 0), (0, 1))).astype(jnp.int32) for end in ends]
    return Lists(first=lists[0], second=lists[1], size=size.astype(jnp.int32))


class EdgeRNN(Recurrent):
    """Two coupled networks."""

    coupled: bool = True  # whether the second network starts from the first one's last state; the paper's is true

    paper = "bacciu2020edgebased"
    space = SPACE

    def start(self, key: jax.Array) -> Params:
        symbols = self.spec.nodes + 1
        drawn = weights(
            key,
            first_reads=(symbols, 3 * WIDTH),
            first_keeps=(WIDTH, 3 * WIDTH),
            second_reads=(symbols, 3 * WIDTH),
            second_keeps=(WIDTH, 3 * WIDTH),
            first_out=(WIDTH, symbols),
            second_out=(WIDTH, symbols),
        )
        return Params(
            first=cell_of(drawn, "first"),
            first_out=linear_of(drawn["first_out"]),
            second=cell_of(drawn, "second"),
            second_out=linear_of(drawn["second_out"]),
        )

    def read(self) -> Lists:
        return edge_lists(self.given, self.spec.edges)

    def likelihoods(self, params: Params, lists: Lists) -> tuple[jax.Array, jax.Array]:
        """Log-probabilities [b, t] of first and second ends, END included; 0 after it."""
        before = jnp.pad(lists.first, ((0, 0), (1, 0)))[:, :-1]
        inside = (jnp.arange(before.shape[1])[None, :] <= lists.size[:, None]).astype(jnp.float32)
        h = jnp.zeros((len(before), WIDTH))
        h, first = self.through(params.first, params.first_out, h, before, inside)
        _, second = self.through(params.second, params.second_out, self.passed_on(h), lists.first, inside)
        return inside * chosen(first, lists.first), inside * chosen(second, lists.second)

    def passed_on(self, h: jax.Array) -> jax.Array:
        """The second network's first state, of the first one's last state [b, w]."""
        return h if self.coupled else jnp.zeros_like(h)

    def through(
        self, cell: Cell, out: Linear, h: jax.Array, symbols: jax.Array, inside: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """The state after a list [b, t], and logits [b, t, v] after each symbol; it stays after the list's end."""

        def step(h: jax.Array, now: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
            symbol, counts = now
            new = advanced(cell, h, cell.reads[symbol])
            h = jnp.where(counts[:, None] > 0, new, h)
            return h, h

        h, every = jax.lax.scan(step, h, (symbols.T, inside.T))
        return h, jnp.swapaxes(applied(out, every), 0, 1)

    def loss(self, params: Params, data: Lists) -> jax.Array:
        first, second = self.likelihoods(params, data)
        return -(first.sum() + second.sum()) / (data.size + 1).sum().astype(first.dtype)

    def draw_graphs(self, state: State, key: jax.Array, count: int) -> jax.Array:
        params = state.params
        length = self.spec.edges + 1
        noise = jax.random.gumbel(key, (2, length, count, self.spec.nodes + 1))

        def write(carry: tuple[jax.Array, jax.Array, jax.Array], gumbel: jax.Array) -> tuple[tuple, jax.Array]:
            h, symbol, open_ = carry
            new = advanced(params.first, h, params.first.reads[symbol])
            h = jnp.where(open_[:, None], new, h)
            logits = applied(params.first_out, h) / self.temperature + gumbel
            symbol = jnp.where(open_, logits.argmax(1), END).astype(jnp.int32)
            return (h, symbol, open_ & (symbol != END)), symbol

        begin = (jnp.zeros((count, WIDTH)), jnp.full(count, END, jnp.int32), jnp.ones(count, bool))
        last, first = jax.lax.scan(write, begin, noise[0])
        start = self.passed_on(last[0])
        _, logits = self.through(params.second, params.second_out, start, first.T, jnp.ones_like(first.T, jnp.float32))
        second = (logits / self.temperature + jnp.swapaxes(noise[1], 0, 1)).argmax(2)
        return graph_of(first.T, second, self.spec.nodes)


def chosen(logits: jax.Array, symbols: jax.Array) -> jax.Array:
    """Log-probabilities [b, t] of symbols under logits [b, t, v]."""
    return jnp.take_along_axis(jax.nn.log_softmax(logits), symbols[:, :, None], axis=2)[:, :, 0]


def graph_of(first: jax.Array, second: jax.Array, nodes: int) -> jax.Array:
    """Edges [c, n, n] of lists [c, t]; pairs with END or of one node are none."""
    one = jax.nn.one_hot(first - 1, nodes)
    other = jax.nn.one_hot(second - 1, nodes)
    pairs = jnp.einsum("cti,ctj->cij", one, other)
    edges = ((pairs + jnp.swapaxes(pairs, 1, 2)) > 0).astype(one.dtype)
    return edges * (1 - jnp.eye(nodes))[None]
