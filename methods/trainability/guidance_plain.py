"""A plain stack guided by the layers of another plain stack as it starts.

**Source**: control of Subramaniam, Mayo, Conwell, Poggio, Katz, Cheung and Barbu, "Training the Untrainable:
Introducing Inductive Bias via Representational Alignment", 2024, https://arxiv.org/abs/2410.20035; the authors' code,
`imagenet-comparison/image_class.py` and `rep_sim/` in github.com/vsubramaniam851/untrainable-networks.

    loss = cross-entropy + alpha sum_l (1 - CKA(h_l, g_l))        g_l: layer l of the untrained guide, on the same batch
    CKA(h, g) = |h^T g|^2 / (|h^T h| |g^T g|)        Frobenius norms; columns are centred over the batch

**Differs from the paper**: 1. dense layers; layer l of the student is matched with layer l of the guide. 2. guidance
ends after a third of the steps, where the authors' code goes on, or ends after 300 steps.
3. the guide is a plain stack, which the paper doesn't have.

**Shapes**: b batch, d features, k classes, w width, l layers; representations [l, b, w].
"""

import jax

from toybench.methods.trainability._deep import (
    GUIDED_RATES,
    Guided,
    Shapes,
    State,
    guided_gradient,
    he,
    plain,
    stack_shapes,
)
from toybench.tasks.trainability import Examples, Network, Spec

GUIDE = "guide_"  # before the names of the guide's weights


class GuidancePlain(Guided):
    """Led by the architecture that it has itself: what guidance does apart from the guide's."""

    alpha: float = 0.1  # weight of the guidance, summed over layers; 1 in the authors' code
    until: float = 1 / 3  # share of the steps after which guidance ends

    space = {"lr": GUIDED_RATES, "alpha": (0.01, 0.1, 1.0)}

    def fits(self, spec: Spec) -> str | None:
        return None if spec.guided else "it is compared where there is a trained guide too"

    def frozen_shapes(self, width: int) -> Shapes:
        return {GUIDE + name: shape for name, shape in stack_shapes(self.spec, width).items()}

    def start(self, noise: dict[str, jax.Array]) -> tuple[Network, Network]:
        layers = {name: he(part) for name, part in noise.items()}
        ours = {name: layer for name, layer in layers.items() if not name.startswith(GUIDE)}
        theirs = {name: layers[GUIDE + name] for name in ours}
        return Network(**ours), Network(**theirs)

    def gradient(self, state: State, batch: Examples, key: jax.Array) -> Network:
        theirs, _ = plain(self.spec.activation, state.fixed, batch.x)
        return guided_gradient(self, state, batch, theirs)
