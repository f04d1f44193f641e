"""A document is turned into a text with a blank, and all weights learn to fill in the topic's name.

**Source**: Liu, Yuan, Fu, Jiang, Hayashi and Neubig, "Pre-train, Prompt, and Predict: A Systematic Survey of Prompting
Methods in Natural Language Processing", 2021, https://arxiv.org/abs/2107.13586, in its abstract, the authors' list of
training strategies and notes that others took of it ("fixed-prompt LM tuning").

    p(k | x) = softmax over names of logits at the blank of (x, ABOUT, blank)

**Differs from the paper**: 1. a survey has no setting of its own: one template, six names, a masked model of one block.
2. 100 updates of Adam.

**Shapes**: b documents, t words, k topics.
"""

import jax

from toybench.methods.prompting._cloze import FineTuned, Params, filled


class PromptTuning(FineTuned):
    """No new weights; in spite of the name the prompt is fixed, and the model is tuned."""

    paper = "liu2021pretrain"
    deterministic = True

    def fresh(self, key: jax.Array) -> Params:
        return self.given.params

    def scores(self, params: Params, documents: jax.Array) -> jax.Array:
        return filled(self.spec, params, documents)
