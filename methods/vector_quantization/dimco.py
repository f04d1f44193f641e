"""Codes whose symbols carry as much information on the label as they can, and as little on one another.

**Source**: Lee, Kim, Park and Choi, "Discrete Infomax Codes for Supervised Representation Learning", 2019,
https://arxiv.org/abs/1905.11656 (objective, independence regulariser, similarity).

    loss = - sum_i I(X_i; Y)  +  weight * sum_{i<j} I(X_i; X_j)
    I(X_i; Y)   = H(mean over the batch of p_i) - sum_y p(y) H(mean over class y of p_i)
    I(X_i; X_j) from the joint distribution  mean over the batch of p_i (outer) p_j
    similarity of a query and a stored code x = sum_i log p_i(x_i | query)

**Differs from the paper**: 1. the encoder is a small MLP; 2. the weight is tuned on two values; 3. a batch holds 8
items of each of 16 classes.

**Shapes**: b batch, d symbols, k values a symbol, c classes, q queries, n items.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.vector_quantization._retrieval import Encoder, State, look_up
from toybench.tasks.vector_quantization._retrieval import LabelledItems


class DIMCO(Encoder):
    """The encoder gives d distributions over k values; a stored code is the most likely value of each."""

    weight: float = 1.0  # of the independence regulariser

    paper = "lee2019discrete"
    space = {"lr": (0.001, 0.003, 0.01), "weight": (0.3, 1.0)}

    @property
    def outputs(self) -> int:
        return self.spec.length * self.spec.arity

    def distributions(self, params: Any, x: jax.Array) -> jax.Array:
        """log p_i(value | x), [b, d, k]."""
        return jax.nn.log_softmax(self.encode(params, x).reshape(len(x), self.spec.length, self.spec.arity))

    def loss(self, params: Any, book: Any, batch: LabelledItems) -> jax.Array:
        p = jnp.exp(self.distributions(params, batch.x))
        label = jax.nn.one_hot(batch.y, self.spec.classes)
        return -label_information(p, label).sum() + self.weight * pairwise_information(p)

    def store(self, state: State, x: jax.Array) -> jax.Array:
        return jnp.argmax(self.distributions(state.params, x), axis=-1).astype(jnp.int32)

    def score(self, state: State, x: jax.Array, stored: jax.Array) -> jax.Array:
        return look_up(self.distributions(state.params, x), stored)


def entropy(p: jax.Array) -> jax.Array:
    """In nats, over the last axis; 0 log 0 = 0 with a finite gradient."""
    return -(p * jnp.log(jnp.maximum(p, 1e-12))).sum(-1)


def label_information(p: jax.Array, label: jax.Array) -> jax.Array:
    """Empirical I(X_i; Y) in nats, [d], from p [b, d, k] and one-hot labels [b, c]."""
    count = label.sum(0)
    by_class = jnp.einsum("bc,bdk->cdk", label, p) / jnp.maximum(count, 1.0)[:, None, None]
    return entropy(p.mean(0)) - ((count / count.sum())[:, None] * entropy(by_class)).sum(0)


def pairwise_information(p: jax.Array) -> jax.Array:
    """Sum over i < j of the empirical I(X_i; X_j) in nats, from p [b, d, k]."""
    b, d, k = p.shape
    joint = jnp.einsum("biu,bjv->ijuv", p, p) / float(b)
    single = entropy(p.mean(0))
    information = single[:, None] + single[None, :] - entropy(joint.reshape(d, d, k * k))
    return jnp.where(jnp.triu(jnp.ones((d, d), bool), 1), information, 0.0).sum()
