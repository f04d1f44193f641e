"""Tags from the features of a language model that reads forwards.

**Source**: the baseline of Goto, Nagao and Koreeda, "Acquiring Bidirectionality via Large and Small Language Models",
2024, https://arxiv.org/abs/2408.09640, in its abstract and the authors' code `backward_llm/modeling.py`
(`CausalLMForTokenClassification`) and `experiments/downstream/train.py`.

    h_t = forward(x_1 .. x_t);  tag = W2 relu(W1 h_t), the model frozen

**Differs from the paper**: 1. GRUs in place of transformers, of 32 units, which is trained here. 2. The head learns in
300 steps of AdamW on all labelled sentences, without dropout.

**Shapes**: b sentences, t words, f features, c tags, n labelled sentences.
"""

from toybench.methods.language_toys._features import FrozenFeatures, Reader


class ForwardLM(FrozenFeatures):
    """It can't know what comes after a word."""

    width: int = 32  # units; 40 are as many as both readers of `forward_plus_small_backward` have

    space = {"lr": (0.006, 0.02, 0.06), "decay": (0.5, 1.5, 4.0)}

    def readers(self) -> dict[str, Reader]:
        return {"forward": Reader(words=self.spec.words, width=self.width)}
