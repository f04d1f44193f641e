"""A document is turned into a text with a blank, and the model as it is says which name is likeliest there.

**Source**: Liu, Yuan, Fu, Jiang, Hayashi and Neubig, "Pre-train, Prompt, and Predict: A Systematic Survey of Prompting
Methods in Natural Language Processing", 2021, https://arxiv.org/abs/2107.13586, in its abstract, the authors' list of
training strategies and notes that others took of it ("tuning-free prompting").

    p(k | x) = softmax over names of logits at the blank of (x, ABOUT, blank)

**Differs from the paper**: 1. a survey has no setting of its own: one template, six names, a masked model of one block.

**Shapes**: b documents, t words, k topics.
"""

from typing import Any

import jax

from toybench import Method
from toybench.methods.prompting._cloze import filled


class ZeroShotPrompt(Method):
    """Sees no labelled document; topics were named in the model's own texts."""

    paper = "liu2021pretrain"
    deterministic = True

    def classify(self, state: Any, documents: jax.Array) -> jax.Array:
        return filled(self.spec, self.given.params, documents)
