"""Replay on an adapter and a head by the forward gradient: the derivative along a random direction.

**Source**: Feng et al., "ZeroFlow: Overcoming Catastrophic Forgetting is Easier than You Think", 2025,
https://arxiv.org/abs/2501.01045 (Forward-Grad, after Baydin et al., 2022).

    g = mean_q (u . grad L(w)) u,    u ~ N(0, I), by forward differentiation
    w <- w - lr g

**Differs from the paper**: 1. an adapter of width 4 and a linear head on a two-layer network. 2. the loss of continual
learning is replay of ten examples a class. 3. directions are drawn for all weights at once.

**Shapes**: b batch, c classes, q directions, k trainable numbers.
"""

from toybench.methods.continual._forward import ZerothOrder


class ForwardGradReplay(ZerothOrder):
    """Unbiased; the two-point estimate with the radius gone to 0."""

    estimate = "forward"
    paper = "feng2025zeroflow"
    space = {"lr": (0.001, 0.003, 0.01), "replay": (0.2, 0.5)}
