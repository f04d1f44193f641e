"""GraphPrompt's encoder with a new linear head; all weights are fitted to the known labels of each new graph.

**Source**: the "pre-train, fine-tune" baseline of Liu, Yu, Fang and Zhang, "GraphPrompt: Unifying Pre-Training and
Downstream Tasks for Graph Neural Networks", 2023, https://arxiv.org/abs/2302.08043, abstract; the loss as in
`graphprompt`.

    scores = h W + b,   h, W and b fitted

**Differs from the paper**: 1. The same encoder and loss before as for the prompt; the paper's baselines bring their
own. 2. The head starts at 0.

**Shapes**: n nodes, d features, h numbers of an embedding, c classes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks.nn import init
from toybench.methods.graph_transfer._training import (
    RATES,
    Encoder,
    Pretrained,
    State,
    fit,
    link_loss,
    subgraphs,
)
from toybench.tasks.graph_transfer import Graph, cross_entropy, one_hot_labels


class LinkFinetune(Pretrained):
    """All weights move."""

    temperature: float = 1.0  # of the pre-training loss, above 0
    few_lr: float = 0.03  # learning rate on a new graph, above 0
    decay: float = 0.0005  # weight decay on a new graph, 0 or more

    space = {"lr": RATES, "few_lr": (0.001, 0.003, 0.01, 0.03)}

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
        known = one_hot_labels(graph, self.spec.classes)
        head = {"w": jnp.zeros((self.spec.width, self.spec.classes)), "b": jnp.zeros(self.spec.classes)}

        def scores(both: dict) -> jax.Array:
            return self.embeddings(both["encoder"], graph) @ both["head"]["w"] + both["head"]["b"][None, :]

        start = {"encoder": state.params, "head": head}
        return scores(fit(lambda both: cross_entropy(scores(both), known), start, self.few_lr, self.decay))
