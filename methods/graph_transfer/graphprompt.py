"""An encoder trained to tell links, and a prompt that weighs its coordinates for the classes of a new graph.

**Source**: Liu, Yu, Fang and Zhang, "GraphPrompt: Unifying Pre-Training and Downstream Tasks for Graph Neural
Networks", 2023, https://arxiv.org/abs/2302.08043; the authors' files `nodedownstream/pre_train.py`,
`nodedownstream/prompt_fewshot.py`, `nodedownstream/node_prompt_layer.py` and `nodedownstream/utils.py` were read.

    pre-training: mean of -log softmax(cos(s_v, s_near), cos(s_v, s_far) over temperature)_near
    new graph: z_v = p * s_v,   score of class c = -|z_v - mean of z over known nodes of c|^2, of unit norm over classes
    s_v = sum of h over v and its neighbours; of all weights only p is fitted, to the known labels

**Differs from the paper**: 1. Two graph convolutions instead of a GIN; no sigmoid after them. 2. The loss is the
paper's softmax of two similarities (from memory); the released code has their plain difference, whose temperature only
scales it. 3. The subgraph holds the node itself. 4. The prompt starts at ones, where it does nothing, instead of at
random numbers. 5. The released code is trained with the inverse of the normalised distance and tested with its
negative; here it is the negative in both. 6. No held-out labels to stop by.

**Shapes**: n nodes, d features, h numbers of an embedding, c classes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.blocks.nn import init
from toybench.methods.graph_transfer._training import (
    FEW_RATES,
    RATES,
    Encoder,
    Pretrained,
    State,
    fit,
    link_loss,
    subgraphs,
)
from toybench.tasks.graph_transfer import Graph, cross_entropy, one_hot_labels


def prototype_scores(z: jax.Array, known: jax.Array) -> jax.Array:
    """Negative squared distances [n, c] of prompted read-outs [n, h] to the class means, of unit norm over classes."""
    means = known.T @ z / jnp.maximum(known.sum(0), 1.0)[:, None]
    squares = ((z[:, None, :] - means[None]) ** 2).sum(-1)
    return -squares / jnp.sqrt((squares**2).sum(1, keepdims=True) + jnp.finfo(z.dtype).tiny)


class GraphPrompt(Pretrained):
    """One template, similarity of subgraphs, before and after."""

    temperature: float = 0.3  # of the pre-training loss, above 0; released 1 and 0.01
    prompt: bool = True  # whether the prompt is fitted; without it, class means of the encoder
    prompt_lr: float = 0.03  # learning rate of the prompt, above 0; released 0.001

    space = {"lr": RATES, "prompt_lr": FEW_RATES}

    def start(self, key: jax.Array, graph: Graph) -> Any:
        return init(Encoder(self.spec.width), key, graph.edges, graph.x)

    def read_outs(self, params: Any, graph: Graph) -> jax.Array:
        """Sums [n, h] of embeddings over the subgraphs around all nodes."""
        _, h = Encoder(self.spec.width).apply(params, graph.edges, graph.x)
        return subgraphs(graph.edges, h)

    def loss(self, params: Any, graph: Graph, key: jax.Array) -> jax.Array:
        uniform = jax.random.uniform(key, (2, *graph.edges.shape))
        return link_loss(self.read_outs(params, graph), graph.edges, uniform, self.temperature)

    def node_scores(self, state: State, graph: Graph) -> jax.Array:
        s = self.read_outs(state.params, graph)
        known = one_hot_labels(graph, self.spec.classes)
        p = jnp.ones(self.spec.width)
        if self.prompt:
            p = fit(lambda p: cross_entropy(prototype_scores(p[None, :] * s, known), known), p, self.prompt_lr)
        return prototype_scores(p[None, :] * s, known)
