"""Two tables added: what follows the current node, and what leads to the goal. No attention, no hidden layer.

**Source**: Wang, Shen, Feng, Sun, Teng and Chen, "ALPINE: Unveiling the Planning Capability of Autoregressive Learning
in Language Models", 2024, https://arxiv.org/abs/2405.09220: the simplified model of the theory, in which attention
rests on the goal (from memory; the model's section could not be read).

    logits of the next token = M[current] + R[goal],    cross entropy over the steps of all texts

**Differs from the paper**: 1. tables from zeros, trained by Adam with a tuned rate on the task's batches. 2. "none" is
one more next token, right after the source and never later. 3. a decision takes into account that half of the questions
have a path, and not the share of the texts.

**Shapes**: b texts, t tokens, m positions of a path, n nodes.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench import Method
from toybench.blocks import optim
from toybench.tasks.path_models import Texts, arrives, generate

NEVER = -1e9  # added to a logit that isn't to be taken


class Tables(NamedTuple):
    """M and R, [n, n + 1] each."""

    following: jax.Array
    leading: jax.Array


class State(NamedTuple):
    """Tables and optimiser."""

    params: Tables
    moments: Any


class TwoLookup(Method):
    """A convex problem: its optimum is what two look-ups can know."""

    lr: float = 0.1  # Adam's rate

    paper = "wang2024alpine"
    deterministic = True
    space = {"lr": (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)}

    def init(self, key: jax.Array) -> State:
        empty = jnp.zeros((self.spec.nodes, self.spec.nodes + 1))
        params = Tables(following=empty, leading=empty)
        return State(params=params, moments=optim.adam(self.lr, self.steps).init(params))

    def loss(self, params: Tables, texts: Texts) -> jax.Array:
        none = self.spec.nodes
        source = texts.tokens[:, :1]
        refused = texts.tokens[:, 2:3] == none
        current = jnp.concatenate([source, texts.tokens[:, 3:-1]], axis=1)
        target = jnp.concatenate([jnp.where(refused, none, texts.tokens[:, 3:4]), texts.tokens[:, 4:]], axis=1)
        place = jnp.arange(target.shape[1]) + 3
        real = ((place[None, :] < texts.length[:, None]) | (refused & (place == 3)[None, :])).astype(jnp.float32)
        logits = params.following[jnp.minimum(current, none - 1)] + params.leading[texts.tokens[:, 1]][:, None]
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, target)
        return (losses * real).sum() / real.sum()

    def update(self, state: State, batch: Texts, key: jax.Array) -> State:
        gradient = jax.grad(self.loss)(state.params, batch)
        params, moments = optim.descend(optim.adam(self.lr, self.steps), gradient, state.moments, state.params)
        return State(params=params, moments=moments)

    def next_node(self, state: State, prompt: jax.Array, path: jax.Array, length: jax.Array) -> jax.Array:
        current = jnp.where(length == 0, prompt[:, 0], path[:, length - 1])
        known = jnp.minimum(current, self.spec.nodes - 1)
        logits = state.params.following[known] + state.params.leading[prompt[:, 1]]
        return logits.at[:, -1].add(jnp.where(length > 1, NEVER, 0.0))

    def decide(self, state: State, prompt: jax.Array) -> jax.Array:
        share = self.spec.none_share
        prior = jnp.log((1 - share) / share)

        def onward(prompt: jax.Array, path: jax.Array, length: jax.Array) -> jax.Array:
            logits = self.next_node(state, prompt, path, length)
            return logits.at[:, -1].add(jnp.where(length == 1, prior, 0.0))

        return arrives(generate(onward, self.spec, prompt), prompt[:, 1], self.spec.nodes)
