"""Each sentence is compared with the question and with the mean of all sentences.

**Source**: the cheap control for Yoon et al., "Propagate-Selector", 2020,
https://www.aclweb.org/anthology/2020.lrec-1.664: the other sentences are seen, but not one by one.

    h = tanh(V' relu(V x)),  m = mean_i h_i
    logit_i = (U h_i + u) . h_question + (C h_i + c) . m + r(relu(R [h_i ; m ; h_question]))

**Differs from the paper**: 1. the paper doesn't have it.

**Shapes**: b graphs, n nodes, d features, w width.
"""

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench.blocks.nn import MLP
from toybench.methods.message_passing._network import GraphNetwork
from toybench.tasks.message_passing import ROOT, Spec


class Network(linen.Module):
    """A sentence, the question, and one vector for all sentences."""

    width: int

    @linen.compact
    def __call__(self, edges: jax.Array, x: jax.Array, mask: jax.Array, key: jax.Array | None = None) -> jax.Array:
        h = jnp.tanh(MLP((self.width, self.width))(x))
        question = jnp.broadcast_to(h[:, ROOT, None], h.shape)
        context = jnp.broadcast_to(h.mean(1, keepdims=True), h.shape)
        asked = (linen.Dense(self.width)(h) * question).sum(-1, keepdims=True)
        common = (linen.Dense(self.width)(h) * context).sum(-1, keepdims=True)
        return asked + common + MLP((self.width, 1))(jnp.concatenate([h, context, question], axis=-1))


class PooledContext(GraphNetwork):
    """The mean of all sentences as context."""

    def fits(self, spec: Spec) -> str | None:
        return None if spec.loss == "logistic" else "it says whether a node is wanted, by one logit"

    @property
    def network(self) -> Network:
        return Network(width=self.spec.width)
