"""A recurrent network in both directions over the tree written as a sequence: bonds, types and brackets.

**Source**: the baseline `GlycanLSTM` of Xu et al., "GlycanML", 2024, https://arxiv.org/abs/2405.16206, in the authors'
code: `module/custom_models/models.py`; sequences as `module/custom_data/glycan.py` reads them.

    a walk from the root, depth first: going down writes the bond and the type below, going up writes a bracket

**Differs from the paper**: 1. one layer of gated recurrent units of width 16 in each direction instead of three LSTM
layers of 640; the last states are concatenated instead of weighed. 2. Every way up is a bracket, not only those of side
branches. 3. Of children the lowest number comes first; IUPAC's order of branches is a rule of chemistry.

**Shapes**: b graphs, r kinds of bonds, n nodes, d types, t tokens, w width.
"""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from toybench.methods.graph_classification._network import GraphNetwork, cross_entropy
from toybench.tasks.graph_classification import Graphs, Labelled, Spec


def tokens(graph: Graphs) -> jax.Array:
    """Tokens [2 n - 1, r + d + 2] of one tree: what bond, what type, is it a bracket, is it there at all.

    The walk starts at node 0 and ends there; what comes after is 0 everywhere.
    """
    kinds, count, _ = graph.edges.shape
    adjacent = graph.edges.sum(0)
    bracket = jnp.zeros(kinds + graph.x.shape[1] + 2).at[-2:].set(1.0)
    first = jnp.concatenate([jnp.zeros(kinds), graph.x[0], jnp.array([0.0, 1.0])])

    def step(state: tuple[jax.Array, jax.Array, jax.Array], _: None) -> tuple[Any, jax.Array]:
        here, above, fresh = state
        open_nodes = adjacent[here] * fresh
        down = open_nodes.max() > 0
        child = open_nodes.argmax()
        entered = jnp.concatenate([graph.edges[:, here, child], graph.x[child], jnp.array([0.0, 1.0])])
        over = ~down & (here == 0)
        token = jnp.where(down, entered, bracket) * (1 - over.astype(entered.dtype))
        moved = jnp.where(down, above.at[child].set(here), above)
        return (jnp.where(down, child, above[here]), moved, jnp.where(down, fresh.at[child].set(0.0), fresh)), token

    start = (jnp.zeros((), jnp.int32), jnp.zeros(count, jnp.int32), graph.mask.at[0].set(0.0))
    _, walked = jax.lax.scan(step, start, None, length=2 * (count - 1))
    return jnp.concatenate([first[None], walked])


class Encoder(nn.Module):
    """Last states of both directions."""

    spec: Spec

    @nn.compact
    def __call__(self, graphs: Graphs) -> jax.Array:
        x = jax.vmap(tokens)(graphs)
        lengths = x[..., -1].sum(1).astype(jnp.int32)
        ways = []
        for backwards in (False, True):
            reader = nn.RNN(nn.GRUCell(self.spec.width), return_carry=True, reverse=backwards)
            ways.append(reader(nn.Dense(self.spec.width)(x), seq_lengths=lengths)[0])
        return jnp.concatenate(ways, axis=-1)


class GRUSequence(GraphNetwork):
    """Reads the tree as a string."""

    def encoder(self) -> nn.Module:
        return Encoder(self.spec)

    def loss(self, params: Any, shown: Labelled) -> jax.Array:
        return cross_entropy(self.scores(params, shown.graphs)[0], shown.y, shown.options)

    def fits(self, spec: Spec) -> str | None:
        return None if spec.relations > 1 else "it reads trees, from their root"
