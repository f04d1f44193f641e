"""Tags from the features of a language model and of a much smaller one that reads backwards.

**Source**: Goto, Nagao and Koreeda, "Acquiring Bidirectionality via Large and Small Language Models", 2024,
https://arxiv.org/abs/2408.09640, in its abstract and the authors' code `backward_llm/modeling.py`
(`ConcatLMForTokenClassification`) and `experiments/downstream/train.py`.

    h_t = (forward(x_1 .. x_t), backward(x_T .. x_t));  tag = W2 relu(W1 h_t), both models frozen

**Differs from the paper**: 1. GRUs in place of transformers, of 32 and 8 units; both models are trained here, where the
paper takes a large one as it is. 2. The head learns in 300 steps of AdamW on all labelled sentences, without dropout.

**Shapes**: b sentences, t words, f features, c tags, n labelled sentences.
"""

from toybench.methods.language_toys._features import FrozenFeatures, Reader


class ForwardPlusSmallBackward(FrozenFeatures):
    """A second reader of eight units."""

    width: int = 32  # units of the forward reader
    small: int = 8  # units of the backward one; in the paper 124 million weights beside up to 7 billion

    paper = "goto2024acquiring"
    space = {"lr": (0.001, 0.003, 0.01), "decay": (0.1, 0.3, 1.0)}

    def readers(self) -> dict[str, Reader]:
        return {
            "forward": Reader(words=self.spec.words, width=self.width),
            "backward": Reader(words=self.spec.words, width=self.small, backward=True),
        }
