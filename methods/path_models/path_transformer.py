"""A one-layer transformer that learns to continue texts of paths, and writes a path node by node.

**Source**: Wang, Shen, Feng, Sun, Teng and Chen, "ALPINE: Unveiling the Planning Capability of Autoregressive Learning
in Language Models", 2024, https://arxiv.org/abs/2405.09220 (authors' code as copied in
github.com/ZenoMK/reproduce_alpine: data/simple_graph/create_graph.py, train.py, test_simple.py). It is also the
stepwise learner of Khona et al., "Towards an Understanding of Stepwise Inference in Transformers", 2024,
https://arxiv.org/abs/2402.07757, of which the abstract and summaries could be read.

    min over the network of  - sum over texts, i of  log p(u_{i+1} | u_1 .. u_i),    u = s t s a b .. t

**Differs from the paper**: 1. width 32 instead of 120, 900 steps of 32 texts instead of 10,000 of 1,024. 2. Adam
with a tuned rate that falls to 0 by a cosine, without warm-up, decay of weights or clipping. 3. it writes the likeliest
node from the source on where the authors sample at temperature 1; the task does both. 4. a text ends at its goal: no
token says so. 5. a decision takes into account that half of the questions have a path, and not the share of the texts.

**Shapes**: b texts, t tokens, m positions of a path, n nodes.
"""

from typing import Any

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.methods.path_models import _text_net as net
from toybench.tasks.path_models import Texts, arrives, generate


class PathTransformer(Method):
    """It decides by its own path: the goal can be reached if the text it writes comes to it."""

    lr: float = 0.01  # Adam's rate; the authors' is 0.0005

    paper = "wang2024alpine"
    space = {"lr": (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)}

    def init(self, key: jax.Array) -> net.State:
        return net.start(self.spec, key, optim.adam(self.lr, self.steps))

    def loss(self, params: Any, texts: Texts) -> jax.Array:
        logits = net.logits(self.spec, params, texts.tokens[:, :-1])
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, texts.tokens[:, 1:])
        place = jnp.arange(1, texts.tokens.shape[1])
        real = (place[None, :] < texts.length[:, None]).astype(losses.dtype)
        return (losses * real).sum() / real.sum()

    def update(self, state: net.State, batch: Texts, key: jax.Array) -> net.State:
        gradient = jax.grad(self.loss)(state.params, batch)
        params, moments = optim.descend(optim.adam(self.lr, self.steps), gradient, state.moments, state.params)
        return net.State(params=params, moments=moments)

    def next_node(self, state: net.State, prompt: jax.Array, path: jax.Array, length: jax.Array) -> jax.Array:
        logits = net.logits(self.spec, state.params, jnp.concatenate([prompt, path], axis=1))
        return jax.lax.dynamic_index_in_dim(logits, length + 1, axis=1, keepdims=False)

    def decide(self, state: net.State, prompt: jax.Array) -> jax.Array:
        first = net.logits(self.spec, state.params, prompt)[:, 1]
        walks = jnp.take_along_axis(first, prompt[:, :1], axis=1)[:, 0]
        share = self.spec.none_share
        refused = first[:, -1] + jnp.log((1 - share) / share) > walks

        def onward(prompt: jax.Array, path: jax.Array, length: jax.Array) -> jax.Array:
            return self.next_node(state, prompt, path, length)

        path = generate(onward, self.spec, prompt)
        return arrives(path, prompt[:, 1], self.spec.nodes) & ~refused
