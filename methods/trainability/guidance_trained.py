"""A plain stack guided by the layers of a residual network that has been trained.

**Source**: Subramaniam, Mayo, Conwell, Poggio, Katz, Cheung and Barbu, "Training the Untrainable: Introducing Inductive
Bias via Representational Alignment", 2024, https://arxiv.org/abs/2410.20035; the authors' code,
`imagenet-comparison/image_class.py` and `rep_sim/` in github.com/vsubramaniam851/untrainable-networks.

    loss = cross-entropy + alpha sum_l (1 - CKA(h_l, g_l))        g_l: layer l of the trained guide, on the same batch
    CKA(h, g) = |h^T g|^2 / (|h^T h| |g^T g|)        Frobenius norms; columns are centred over the batch

**Differs from the paper**: 1. dense layers; layer l of the student is matched with layer l of the guide. 2. guidance
ends after a third of the steps, where the authors' code goes on, or ends after 300 steps.

**Shapes**: b batch, d features, k classes, w width, l layers; representations [l, b, w].
"""

import jax

from toybench.methods.trainability._deep import GUIDED_RATES, Guided, Shapes, State, guided_gradient, he
from toybench.tasks.trainability import Examples, Network, Spec, residual


class GuidanceTrained(Guided):
    """Led by what a residual network has learnt, and by its architecture."""

    alpha: float = 0.1  # weight of the guidance, summed over layers; 1 in the authors' code
    until: float = 1 / 3  # share of the steps after which guidance ends

    paper = "subramaniam2024training"
    space = {"lr": GUIDED_RATES, "alpha": (0.01, 0.1, 1.0)}

    def fits(self, spec: Spec) -> str | None:
        return None if spec.guided else "there is no trained guide"

    def frozen_shapes(self, width: int) -> Shapes:
        return {}

    def start(self, noise: dict[str, jax.Array]) -> tuple[Network, tuple]:
        return Network(**{name: he(part) for name, part in noise.items()}), ()

    def gradient(self, state: State, batch: Examples, key: jax.Array) -> Network:
        theirs, _ = residual(self.spec.activation, self.given.guide, batch.x)
        return guided_gradient(self, state, batch, theirs)
