"""Paths of small graphs: hop distances, all simple paths of one length, and a recurrent cell that reads them.

Shapes: b graphs, n nodes, m paths from a node, k edges of a path, w width.
"""

from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp


class Paths(NamedTuple):
    """Paths from every node: nodes int32 [..., n, m, k + 1], the root first, and valid [..., n, m] (1: a simple path).

    Where there is no such path the nodes may be n, one more than the last.
    """

    nodes: jax.Array
    valid: jax.Array


def hop_distances(edges: jax.Array, limit: int) -> jax.Array:
    """Edges of a shortest path between any two nodes of edges [..., n, n], int32; limit + 1 where there are more."""
    reached = jnp.broadcast_to(jnp.eye(edges.shape[-1]), edges.shape)
    hops = jnp.where(reached > 0, 0, limit + 1)
    for length in range(1, limit + 1):
        reached = reached @ edges
        hops = jnp.where((reached > 0) & (hops > length), length, hops)
    return hops


def simple_paths(edges: jax.Array, degree: int, limit: int) -> list[Paths]:
    """Paths of 1, ..., `limit` edges from every node of one graph, edges [n, n], no node having over `degree` others.

    A path goes on over every neighbour but the one that it came from; those that meet themselves aren't valid.
    """
    count = len(edges)
    near = jnp.argsort(-edges, axis=1, stable=True)[:, :degree]
    near = jnp.where(jnp.take_along_axis(edges, near, axis=1) > 0, near, count)
    near = jnp.concatenate([near, jnp.full((1, degree), count)])  # [n + 1, degree]; node n has no neighbours
    back = near[near] == jnp.arange(count + 1)[:, None, None]  # [from, which, which then]
    onward = jnp.argsort(back, axis=2, stable=True)[:, :, : degree - 1]

    tail = jnp.broadcast_to(jnp.arange(count)[:, None], (count, degree))
    which = jnp.broadcast_to(jnp.arange(degree)[None, :], (count, degree))
    nodes = jnp.stack([tail, near[:-1]], axis=-1)
    valid = near[:-1] < count
    found = [Paths(nodes=nodes, valid=valid.astype(edges.dtype))]
    for _ in range(1, limit):
        branches = onward[tail, which]
        tail = jnp.broadcast_to(near[tail, which][..., None], branches.shape).reshape(count, -1)
        which = branches.reshape(count, -1)
        head = near[tail, which]
        before = jnp.repeat(nodes, degree - 1, axis=1)
        fresh = (head < count) & (before != head[..., None]).all(-1)
        valid = jnp.repeat(valid, degree - 1, axis=1) & fresh
        nodes = jnp.concatenate([before, head[..., None]], axis=-1)
        found.append(Paths(nodes=nodes, valid=valid.astype(edges.dtype)))
    return found


class PathLSTM(nn.Module):
    """Reads paths from their far end to their root, and adds up what it holds there: [b, n, d] to [b, n, w].

    `hops` [b, n, n] adds a code for the distance from the root to a node, 0 to codes - 1, to what is read there.
    """

    width: int
    codes: int = 0

    def setup(self) -> None:
        self.seen = nn.Dense(4 * self.width)
        self.held = nn.Dense(4 * self.width, use_bias=False)
        if self.codes:
            self.code = nn.Embed(self.codes, self.width)
            self.coded = nn.Dense(4 * self.width, use_bias=False)

    def __call__(self, h: jax.Array, paths: Paths, hops: jax.Array | None = None) -> jax.Array:
        seen = jax.vmap(lambda table, rows: table[rows])
        count = h.shape[1]
        gates = self.seen(jnp.pad(h, ((0, 0), (0, 1), (0, 0))))  # node n is read, but its paths don't count
        codes = self.coded(self.code(jnp.arange(self.codes))) if self.codes else None
        state = jnp.zeros((*paths.valid.shape, self.width))
        cell = state
        for place in reversed(range(paths.nodes.shape[-1])):
            node = paths.nodes[..., place]
            read = seen(gates, node) + self.held(state)
            if codes is not None and hops is not None:
                away = jnp.take_along_axis(hops, jnp.minimum(node, count - 1), axis=2)
                read = read + codes[jnp.minimum(away, self.codes - 1)]
            enter, forget, leave, new = jnp.split(read, 4, axis=-1)
            cell = nn.sigmoid(forget) * cell + nn.sigmoid(enter) * nn.tanh(new)
            state = nn.sigmoid(leave) * nn.tanh(cell)
        return (paths.valid[..., None] * state).sum(2)
