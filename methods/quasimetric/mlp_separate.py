"""An unconstrained network on a source latent and a goal latent, each from an encoder of its own.

**Source**: baseline of Wang and Isola, "On the Learning and Learnability of Quasimetrics", 2022,
https://arxiv.org/abs/2206.15478 ("unconstrained networks").

    discount^d(x, y) = sigmoid(MLP([f(x); g(y)]))

**Differs from the paper**: 1. width 64. 2. one of the paper's output forms, the sigmoid of a
logit. 3. weight decay, tuned as for every method of the study.

**Shapes**: b pairs, l latent dimensions.
"""

from toybench.methods.quasimetric._latent import TwoEncoders
from toybench.methods.quasimetric.mlp_concatenated import MLPConcatenated


class MLPSeparate(MLPConcatenated, TwoEncoders):
    """Guarantees no axiom but non-negativity; even d(x, x) is free."""
