"""A new linear head on the mean state of a document's words; it and all weights are fitted to the labels.

**Source**: the paradigm that prompting is compared with in Liu, Yuan, Fu, Jiang, Hayashi and Neubig, "Pre-train,
Prompt, and Predict: A Systematic Survey of Prompting Methods in Natural Language Processing", 2021,
https://arxiv.org/abs/2107.13586, in its abstract, the authors' list of training strategies and notes that others took
of it ("promptless fine-tuning").

    p(k | x) = softmax(W mean_t state_t + b)

**Differs from the paper**: 1. the mean state, not that of a first sign; 100 updates of Adam. 2. The head starts at
zero: weights that are drawn as a layer's usually are spoil one label of each topic (0.54 instead of 0.6 in a pilot).

**Shapes**: b documents, t words, k topics, w width.
"""

import flax.linen as linen
import jax
import jax.numpy as jnp

from toybench.blocks import nn
from toybench.methods.prompting._cloze import FineTuned, Params, model, pooled


class HeadFinetuning(FineTuned):
    """The head starts at zero, its topics alike."""

    deterministic = True

    def fresh(self, key: jax.Array) -> Params:
        width = model(self.spec, self.given.known.tokens).width
        head = nn.init(linen.Dense(self.spec.topics), key, jnp.zeros((1, width)))
        return {"model": self.given.params, "head": jax.tree.map(jnp.zeros_like, head)}

    def scores(self, params: Params, documents: jax.Array) -> jax.Array:
        return linen.Dense(self.spec.topics).apply(params["head"], pooled(self.spec, params["model"], documents))
