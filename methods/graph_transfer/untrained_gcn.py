"""The encoder of all methods with its random weights: what the graph and random features do without any training.

**Source**: a control; that untrained encoders are strong was seen by Velickovic et al., "Deep Graph Infomax", 2018,
https://arxiv.org/abs/1809.10341, table 2 (from memory).

    h = S relu(S x W_1) W_2

**Differs from the paper**: nothing.

**Shapes**: n nodes, d features, h numbers of an embedding.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.nn import init
from toybench.methods.graph_transfer._training import Encoder, pick
from toybench.tasks.graph_transfer import Graph


class State(NamedTuple):
    """Parameters."""

    params: dict


class UntrainedGCN(Method):
    """Random weights."""

    def init(self, key: jax.Array) -> State:
        graph = pick(self.given, jnp.zeros((), jnp.int32))
        return State(params=init(Encoder(self.spec.width), key, graph.edges, graph.x))

    def embed(self, state: State, graph: Graph) -> jax.Array:
        _, h = Encoder(self.spec.width).apply(state.params, graph.edges, graph.x)
        return h
