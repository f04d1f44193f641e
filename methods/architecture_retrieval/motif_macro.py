"""Retrieval by motifs: a graph is cut where its wiring changes, motifs are embedded, and then the graph of motifs.

**Source**: Pei, Li, Dong and Xu, "Neural Architecture Retrieval", 2024, https://arxiv.org/abs/2307.07919, the authors'
code: `src/data/preprocessing/frequent_motif.py`, `src/data/dataset/utils.py`, `src/nn/model.py` and
`src/training/trainer.py`.

    type of a node: offsets to those it reads;    f_i: how often the pair of types (i, i+1) occurs in the graph
    a motif goes on while |f_i+1 - f_i| <= t, the most common change;    v_m = mean of GNN 1 over motif m
    D(v_m, u_m) against D(v_m, u_m'), u the context of a motif by GNN 3, m' half of the motifs further
    e = mean of GNN 2 over the graph of motifs;    loss = contrast of families + cross-entropy

**Differs from the paper**: 1. GNN 1 reads edges within a motif; the released subgraphs have those that leave it, too.
2. A context is a motif with all that it is linked to. 3. Both levels are trained at every step; GNN 2's gradient stops
at the motifs' vectors. 4. Layers and contrast of `gin_contrastive`. 5. The code as released cuts at random and trains
GNN 1 for no epoch; here are the cut of its `frequent_motif.py` and as many updates as GNN 2 has. The released
discriminator is linear in both vectors, so that true and moved contexts of a graph sum to the same: it is best where it
can't tell, and GNN 1 is hardly trained. `joint=product` multiplies both. A graph of one motif moves its context onto
itself, as released: its loss is least at 2 log 2.

**Shapes**: b graphs, n nodes, m motifs, w hidden width, l layers.
"""

from typing import Any

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import nn, optim
from toybench.blocks.graphs import read_out, symmetrised
from toybench.methods.architecture_retrieval._network import SPACE, Stack, State, family_loss, shapes
from toybench.tasks.architecture_retrieval import Batch, Graphs

SCATTER = 0x9E3779B1  # an odd multiplier, a prime near 2^32 over the golden ratio
SHIFT = 15  # half of the bits, so that high ones reach low ones
MOTIFS = 12  # of a graph at most, one graph in twenty has more; the last one takes the rest
RUN = 5  # nodes of a motif that is cut by length, about as many as a block has; the released code cuts 5 to 10 or so


def scattered(x: jax.Array) -> jax.Array:
    """A hash of uint32 numbers."""
    x = (x + jnp.uint32(1)) * jnp.uint32(SCATTER)
    x = (x ^ (x >> SHIFT)) * jnp.uint32(SCATTER)
    return x ^ (x >> SHIFT)


def node_types(edges: jax.Array) -> jax.Array:
    """Types uint32 [n] of nodes: equal where the sets of offsets to those that a node reads are."""
    place = jnp.arange(len(edges))
    offset = jnp.abs(place[:, None] - place[None, :]).astype(jnp.uint32)
    return (edges.astype(jnp.uint32) * scattered(offset)).sum(-1, dtype=jnp.uint32)


def pair_counts(types: jax.Array, count: jax.Array) -> jax.Array:
    """How often the pair of types at i and i + 1 occurs, int32 [n - 1]; 0 from the last of `count` nodes on."""
    pairs = scattered(types[:-1]) * jnp.uint32(3) + types[1:]
    there = jnp.arange(len(pairs)) < count - 1
    alike = (pairs[:, None] == pairs[None, :]) & there[None, :] & there[:, None]
    return alike.sum(-1)


def motif_numbers(types: jax.Array, count: jax.Array) -> jax.Array:
    """Which motif each of `count` nodes belongs to, int32 [n], numbered along their order.

    Where the pairs' counts f_i and f_i+1 are further apart than most changes are, a rise begins a motif at node i + 1,
    and a fall one at node i + 2, from which the walk goes on.
    """
    frequency = pair_counts(types, count)
    change = frequency[1:] - frequency[:-1]
    place = jnp.arange(len(change))
    inside = place < count - 2
    size = jnp.where(inside, jnp.abs(change), 0)
    times = (size[None, :] == jnp.arange(1, len(types))[:, None]).sum(-1)
    common = jnp.where(times.max() > 0, 1 + times.argmax(), 0)

    step = jnp.where(inside, change, 0)
    falling = step < -common
    since = place - jax.lax.cummax(jnp.where(falling, -1, place))  # length of a row of falls
    falls = since % 2 == 1  # a fall is passed over after one that counts
    passed = jnp.pad(falls[:-1], (1, 0))
    rises = (step > common) & ~passed
    begins = jnp.pad(rises, (1, 1)) | jnp.pad(falls, (2, 0))
    return jnp.cumsum(begins.astype(jnp.int32))


def membership(graphs: Graphs, cut: str) -> jax.Array:
    """1 where a node belongs to a motif: [b, m, n]."""
    if cut == "length":
        numbers = jnp.broadcast_to(jnp.arange(graphs.mask.shape[1]) // RUN, graphs.mask.shape)
    else:
        types = jax.vmap(node_types)(graphs.edges)
        numbers = jax.vmap(motif_numbers)(types, graphs.mask.sum(-1).astype(jnp.int32))
    numbers = jnp.minimum(numbers, MOTIFS - 1)
    return jnp.swapaxes(jax.nn.one_hot(numbers, MOTIFS), 1, 2) * graphs.mask[:, None]


def pooled(members: jax.Array, h: jax.Array) -> jax.Array:
    """Means [b, m, w] over members; 0 for an empty motif."""
    return members @ h / jnp.maximum(members.sum(-1, keepdims=True), 1.0)


class Motifs(linen.Module):
    """Vectors of motifs [b, m, l w], and logits [b, m] of their own and of moved contexts."""

    width: int
    layers: int
    product: bool

    @linen.compact
    def __call__(self, graphs: Graphs, members: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        which = members.argmax(1)
        within = jnp.where(which[:, :, None] == which[:, None, :], graphs.edges, 0.0)
        vectors = pooled(members, Stack(width=self.width, layers=self.layers)(within, graphs.x))
        around = jnp.minimum(members + members @ symmetrised(graphs.edges), 1.0)
        contexts = pooled(around, Stack(width=self.width, layers=self.layers)(graphs.edges, graphs.x))
        motifs = (members.sum(-1) > 0).sum(-1).astype(jnp.int32)
        place = jnp.arange(members.shape[1])
        moved = (place[None, :] + motifs[:, None] // 2) % jnp.maximum(motifs, 1)[:, None]
        others = jnp.take_along_axis(contexts, moved[..., None], axis=1)
        judge = linen.Dense(1)

        def judged(context: jax.Array) -> jax.Array:
            both = vectors * context if self.product else jnp.concatenate([vectors, context], axis=-1)
            return judge(both)[..., 0]

        return vectors, judged(contexts), judged(others)


class Network(linen.Module):
    """(Embeddings [b, l w], scores of families [b, c], loss of contexts)."""

    width: int
    layers: int
    families: int
    product: bool
    cut: str

    @linen.compact
    def __call__(self, *leaves: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        graphs = Graphs(*leaves)
        members = membership(graphs, self.cut)
        found = Motifs(width=self.width, layers=self.layers, product=self.product)(graphs, members)
        vectors, own, moved = found
        there = (members.sum(-1) > 0).astype(vectors.dtype)
        losses = (linen.softplus(-own) + linen.softplus(moved)) * there
        links = jnp.minimum(members @ graphs.edges @ jnp.swapaxes(members, 1, 2), 1.0)
        links = links * (1 - jnp.eye(links.shape[1])[None])
        macro = Stack(width=self.width, layers=self.layers)(links, jax.lax.stop_gradient(vectors))
        embedded = read_out(macro, there)
        return embedded, linen.Dense(self.families)(embedded), losses.sum() / there.sum()


class MotifMacro(Method):
    """Two levels of networks."""

    lr: float = 0.01  # Adam's learning rate, decays to 0 by a cosine; the authors' 0.0001 and 0.001
    temperature: float = 0.3  # of the contrast, above 0; the authors' 1
    layers: int = 2  # of every network, 1 or more; the authors' 3
    joint: str = "linear"  # what the discriminator sees: linear, both vectors as released; product, of their entries
    cut: str = "frequency"  # of motifs: frequency; length, runs of five nodes

    space = SPACE
    paper = "pei2023neural"

    @property
    def network(self) -> Network:
        return Network(
            width=self.spec.width,
            layers=self.layers,
            families=self.spec.families,
            product=self.joint == "product",
            cut=self.cut,
        )

    def init(self, key: jax.Array) -> State:
        params = nn.init(self.network, key, *shapes(self.spec))
        return State(params=params, adam=optim.adam(self.lr, self.steps).init(params))

    def update(self, state: State, batch: Batch, key: jax.Array) -> State:
        def loss(params: Any) -> jax.Array:
            embedded, scores, contexts = self.network.apply(params, *batch.graphs)
            return family_loss(embedded, scores, batch.family, self.temperature) + contexts

        adam = optim.adam(self.lr, self.steps)
        params, moments = optim.descend(adam, jax.grad(loss)(state.params), state.adam, state.params)
        return State(params=params, adam=moments)

    def embed_graphs(self, state: State, graphs: Graphs) -> jax.Array:
        answers: Any = self.network.apply(state.params, *graphs)
        return answers[0]
