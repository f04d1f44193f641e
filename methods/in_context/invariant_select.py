"""InvariantSelectPR: demonstrations nearest in a space trained by class-conditioned contrastive invariance.

**Source**: Zhou, Han, Chen, Huang, Zhu, Khan, Gao and Yao, "Adapting Large Multimodal Models to Distribution Shifts:
The Role of In-Context Learning", 2024, https://arxiv.org/abs/2405.12217 (InvariantSelectPR, class-conditioned
contrastive invariance).

    L = - mean_i mean_{j in P(i)} log  exp(z_i.z_j / tau) / sum_{a in P(i) or y_a != y_i} exp(z_i.z_a / tau)
    P(i) = items of i's class from other domains,   z = h(f(x)) of length 1,   prompt(x) = the k nearest by z

**Differs from the paper**: 1. the paper adapts the encoder on variations of images; here a linear head on frozen
features sees the pool's domains as the variations; 2. an attention predictor with a biased prior stands in for the
multimodal model.

**Shapes**: b items, p pool items, q queries, d features, e dimensions of the head.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from toybench.blocks import nn, optim
from toybench.methods.in_context._retriever import Retriever
from toybench.tasks.in_context._retrieval import Pool, unit


class State(NamedTuple):
    """The head's parameters and Adam's moments."""

    params: Any
    opt: Any


class InvariantSelect(Retriever):
    """Trained on the pool's classes and domains only."""

    lr: float = 0.01  # Adam's learning rate, decayed to 0 by a cosine
    temperature: float = 0.2  # tau
    width: int = 16  # dimensions of the head

    paper = "zhou2024adapting"
    space = {"lr": (0.003, 0.01), "temperature": (0.1, 0.2, 0.5)}

    @property
    def head(self) -> nn.MLP:
        return nn.MLP((self.width,))

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optim.adam(self.lr, self.steps)

    def init(self, key: jax.Array) -> State:
        params = nn.init(self.head, key, jnp.zeros((1, self.spec.features)))
        return State(params=params, opt=self.optimizer.init(params))

    def update(self, state: State, batch: Pool, key: jax.Array) -> State:
        def loss(params: Any) -> jax.Array:
            z = unit(self.head.apply(params, batch.x))
            return invariance_loss(z, batch.y, batch.domain, self.temperature)

        params, opt = optim.descend(self.optimizer, jax.grad(loss)(state.params), state.opt, state.params)
        return State(params=params, opt=opt)

    def keys(self, state: State) -> jax.Array:
        return self.head.apply(state.params, self.given.pool.x)

    def embed(self, state: State, query: jax.Array) -> jax.Array:
        return self.head.apply(state.params, query)


def invariance_loss(z: jax.Array, y: jax.Array, domain: jax.Array, temperature: Any) -> jax.Array:
    """Class-conditioned contrastive invariance of embeddings [b, e] of length 1, with class and domain int32 [b].

    Items of one class and one domain are neither attracted nor repelled; an item without a positive counts nothing.
    """
    same = y[:, None] == y[None]
    positive = same & (domain[:, None] != domain[None])
    score = z @ z.T / temperature
    normaliser = jax.nn.logsumexp(jnp.where(positive | ~same, score, -1e9), axis=1, keepdims=True)
    share = positive.astype(z.dtype) / jnp.maximum(positive.sum(1, keepdims=True), 1).astype(z.dtype)
    return -((score - normaliser) * share).sum() / jnp.maximum(positive.any(1).sum(), 1).astype(z.dtype)
