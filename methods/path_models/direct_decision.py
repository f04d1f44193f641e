"""The same transformer, asked at once: source and goal in, "there is a path" or "none" out.

**Source**: Khona, Okawa, Hula, Ramesh, Nishi, Dick, Lubana and Tanaka, "Towards an Understanding of Stepwise Inference
in Transformers: A Synthetic Graph Navigation Model", 2024, https://arxiv.org/abs/2402.07757 (abstract and summaries:
the baseline of direct inference).

    z = network("s t") at the goal's place;    path if z_path > z_none

**Differs from the paper**: 1. the method section could not be read. 2. network and texts are those of
`path_transformer`; of a text it takes source, goal, and whether "none" follows. 3. texts with "none" weigh so much that
both answers weigh the same, as among the questions.

**Shapes**: b texts, n nodes.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import optim
from toybench.methods.path_models import _text_net as net
from toybench.tasks.path_models import Texts


class DirectDecision(Method):
    """Two of the outputs are its answers: the first one for a path, the last one for "none"."""

    lr: float = 0.01  # Adam's rate

    paper = "khona2024understanding"
    space = {"lr": (0.001, 0.002, 0.005, 0.01, 0.02, 0.05)}

    def init(self, key: jax.Array) -> net.State:
        return net.start(self.spec, key, optim.adam(self.lr, self.steps))

    def margin(self, params: Any, prompt: jax.Array) -> jax.Array:
        """Log-odds [b] that there is a path."""
        logits = net.logits(self.spec, params, prompt)[:, 1]
        return logits[:, 0] - logits[:, -1]

    def loss(self, params: Any, texts: Texts) -> jax.Array:
        linked = texts.tokens[:, 2] != self.spec.nodes
        margin = self.margin(params, texts.tokens[:, :2])
        share = self.spec.none_share
        weight = jnp.where(linked, 1 / (1 - share), 1 / share)
        return (weight * jax.nn.softplus(jnp.where(linked, -margin, margin))).mean() / 2

    def update(self, state: net.State, batch: Texts, key: jax.Array) -> net.State:
        gradient = jax.grad(self.loss)(state.params, batch)
        params, moments = optim.descend(optim.adam(self.lr, self.steps), gradient, state.moments, state.params)
        return net.State(params=params, moments=moments)

    def decide(self, state: net.State, prompt: jax.Array) -> jax.Array:
        return self.margin(state.params, prompt) > 0
