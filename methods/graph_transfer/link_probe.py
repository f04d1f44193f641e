"""GraphPrompt's encoder, frozen, with a ridge probe on the known labels of each new graph.

**Source**: the linear probe of the encoder of Liu, Yu, Fang and Zhang, "GraphPrompt: Unifying Pre-Training and
Downstream Tasks for Graph Neural Networks", 2023, https://arxiv.org/abs/2302.08043; a control.

    scores = h W + b,   W and b by ridge regression on one-hot labels

**Differs from the paper**: 1. The paper has no such baseline (as far as was read). 2. Embeddings are scaled to unit
mean square, so that one penalty fits all graphs.

**Shapes**: n nodes, d features, h numbers of an embedding, c classes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks import probes
from toybench.blocks.nn import init
from toybench.methods.graph_transfer._training import RATES, Encoder, Pretrained, State, link_loss, subgraphs
from toybench.tasks.graph_transfer import Graph, labelled, one_hot_labels


class LinkProbe(Pretrained):
    """Only a linear map is fitted."""

    temperature: float = 1.0  # of the pre-training loss, above 0
    penalty: float = 1.0  # of the probe, above 0

    space = {"lr": RATES, "penalty": (1.0, 10.0, 100.0)}

    def start(self, key: jax.Array, graph: Graph) -> Any:
        return init(Encoder(self.spec.width), key, graph.edges, graph.x)

    def embeddings(self, params: Any, graph: Graph) -> jax.Array:
        """Outputs [n, h] of the encoder's last layer."""
        return Encoder(self.spec.width).apply(params, graph.edges, graph.x)[1]

    def loss(self, params: Any, graph: Graph, key: jax.Array) -> jax.Array:
        uniform = jax.random.uniform(key, (2, *graph.edges.shape))
        s = subgraphs(graph.edges, self.embeddings(params, graph))
        return link_loss(s, graph.edges, uniform, self.temperature)

    def node_scores(self, state: State, graph: Graph) -> jax.Array:
        h = self.embeddings(state.params, graph)
        h = h / jnp.sqrt((h**2).mean() + jnp.finfo(h.dtype).tiny)
        targets = one_hot_labels(graph, self.spec.classes)
        return probes.apply_ridge(probes.ridge(h, targets, labelled(graph), self.penalty), h)
