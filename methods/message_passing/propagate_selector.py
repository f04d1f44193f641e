"""Sentences attend to one another for several hops, then each is compared with the question.

**Source**: Yoon, Dernoncourt, Kim, Bui and Jung, "Propagate-Selector: Detecting Supporting Sentences for Question
Answering via Graph Neural Networks", 2020, https://www.aclweb.org/anthology/2020.lrec-1.664, in the authors' code
`_attention`, `_add_aggregation` and `_create_output_layers` of `model/model.py`; four hops as in their script.

    a_ij = softmax_j((W h_i + b) . h_j),  h_i <- tanh(V [h_i ; tanh(sum_j a_ij h_j)] + c)    W, b, V, c a hop
    logit_i = (U h_i + u) . h_question    the question is a node, too

**Differs from the paper**: 1. a linear layer with tanh in place of word embeddings and a recurrent network. 2. All
sentences are linked with one another and with themselves, as those of one passage. 3. No loss on the question's
attention, which would show where the answers are; no dropout and no clipping.

**Shapes**: b graphs, n nodes, d features, w width.
"""

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench.blocks.graphs import FAR
from toybench.methods.message_passing._network import GraphNetwork
from toybench.tasks.message_passing import ROOT, Spec


class Network(linen.Module):
    """Encoder, hops, and a bilinear comparison with the question's last state."""

    hops: int
    width: int

    @linen.compact
    def __call__(self, edges: jax.Array, x: jax.Array, mask: jax.Array, key: jax.Array | None = None) -> jax.Array:
        linked = (edges > 0) | jnp.eye(x.shape[1], dtype=bool)[None]
        h = jnp.tanh(linen.Dense(self.width)(x))
        for _ in range(self.hops):
            scores = linen.Dense(self.width)(h) @ jnp.swapaxes(h, -1, -2)
            attention = jax.nn.softmax(jnp.where(linked, scores, FAR), axis=-1)
            h = jnp.tanh(linen.Dense(self.width)(jnp.concatenate([h, jnp.tanh(attention @ h)], axis=-1)))
        question = h[:, ROOT]
        return jnp.einsum("bnw,bw->bn", linen.Dense(self.width)(h), question)[..., None]


class PropagateSelector(GraphNetwork):
    """Attentive hops over linked sentences."""

    hops: int = 4  # rounds of attention, 0 or more; the authors' 4 in their script

    paper = "yoon2019propagateselector"

    def fits(self, spec: Spec) -> str | None:
        return None if spec.loss == "logistic" else "it says whether a node is wanted, by one logit"

    @property
    def network(self) -> Network:
        return Network(hops=self.hops, width=self.spec.width)
