"""An encoder trained to tell links, and a prompt that weighs its coordinates for the classes of a new graph.

**Source**: Liu, Yu, Fang and Zhang, "GraphPrompt: Unifying Pre-Training and Downstream Tasks for Graph Neural
Networks", 2023, https://arxiv.org/abs/2302.08043; the authors' files `nodedownstream/pre_train.py`,
`nodedownstream/prompt_fewshot.py`, `nodedownstream/node_prompt_layer.py` and `nodedownstream/utils.py` were read, not
`run.py`, which their README names for nodes.

    pre-training: mean of -log softmax(cos(s_v, s_near), cos(s_v, s_far) over temperature)_near
    new graph: z_v = p * s_v,   score of class c = cos(z_v, mean of z over known nodes of c) / temperature
    s_v = sum of h over v and its neighbours; of all weights only p is fitted, to the known labels

**Differs from the paper**: 1. Two graph convolutions instead of a GIN; no sigmoid after them. 2. Both formulas are the
paper's (from memory). Released is the plain difference of two cosines before, whose temperature only scales it, and
after it squared distances to class means, of unit norm over classes, which were worse by 0.01 to 0.03 in a pilot on
other seeds. 3. The subgraph holds the node itself. 4. The prompt starts at ones, where it does nothing, instead of at
random numbers. 5. No held-out labels to stop by. 6. 60 steps whose rate decays by a cosine; `run.py` has 100 epochs at
a rate of 0.1. 7. Released evaluation takes class means from the labels of the nodes that it asks about.

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
    unit_rows,
)
from toybench.tasks.graph_transfer import Graph, cross_entropy, one_hot_labels


def prototype_cosines(z: jax.Array, known: jax.Array) -> jax.Array:
    """Cosines [n, c] of prompted read-outs [n, h] with the means of the known nodes of each class."""
    means = known.T @ z / jnp.maximum(known.sum(0), 1.0)[:, None]
    return unit_rows(z) @ unit_rows(means).T


class GraphPrompt(Pretrained):
    """One template, similarity of subgraphs, before and after."""

    temperature: float = 1.0  # of similarities, above 0; released 1
    prompt: bool = True  # whether the prompt is fitted; without it, class means of the encoder
    prompt_lr: float = 0.01  # learning rate of the prompt, above 0; released 0.001 in prompt_fewshot.py, 0.1 in run.py

    space = {"lr": RATES, "prompt_lr": (0.0003, 0.001, 0.003, 0.01)}

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

        def scores(p: jax.Array) -> jax.Array:
            return prototype_cosines(p[None, :] * s, known) / self.temperature

        if self.prompt:
            p = fit(lambda p: cross_entropy(scores(p), known), p, self.prompt_lr)
        return scores(p)
