"""Each sentence is compared with the question, whatever the other sentences say.

**Source**: the answer-selection baselines of Yoon, Dernoncourt, Kim, Bui and Jung, "Propagate-Selector", 2020,
https://www.aclweb.org/anthology/2020.lrec-1.664, which compare a question and a sentence without the others.

    h = tanh(V' relu(V x)),  logit_i = (U h_i + u) . h_question + r(relu(R [h_i ; h_question]))

**Differs from the paper**: 1. a bilinear comparison and a small network of both, instead of comparisons of words.

**Shapes**: b graphs, n nodes, d features, w width.
"""

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench.blocks.nn import MLP
from toybench.methods.message_passing._network import GraphNetwork
from toybench.tasks.message_passing import ROOT, Spec


class Network(linen.Module):
    """A sentence and the question, nothing else."""

    width: int

    @linen.compact
    def __call__(self, edges: jax.Array, x: jax.Array, mask: jax.Array, key: jax.Array | None = None) -> jax.Array:
        h = jnp.tanh(MLP((self.width, self.width))(x))
        question = jnp.broadcast_to(h[:, ROOT, None], h.shape)
        product = (linen.Dense(self.width)(h) * question).sum(-1, keepdims=True)
        return product + MLP((self.width, 1))(jnp.concatenate([h, question], axis=-1))


class IndependentScorer(GraphNetwork):
    """No propagation."""

    def fits(self, spec: Spec) -> str | None:
        return None if spec.loss == "logistic" else "it says whether a node is wanted, by one logit"

    @property
    def network(self) -> Network:
        return Network(width=self.spec.width)
