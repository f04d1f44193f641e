"""Replay on an adapter and a head by zeroth-order SGD: forward passes alone.

**Source**: Feng et al., "ZeroFlow: Overcoming Catastrophic Forgetting is Easier than You Think", 2025,
https://arxiv.org/abs/2501.01045 (ZO-SGD, section 3).

    g = mean_q (L(w + r u) - L(w - r u)) / 2r * u,    u ~ N(0, I)
    w <- w - lr g

**Differs from the paper**: 1. an adapter of width 4 and a linear head on a two-layer network. 2. the loss of continual
learning is replay of ten examples a class. 3. directions are drawn for all weights at once.

**Shapes**: b batch, c classes, q directions, k trainable numbers.
"""

from toybench.methods.continual._forward import ZerothOrder


class ZOSGDReplay(ZerothOrder):
    """The estimate has a cosine of about sqrt(q / k) with the gradient."""

    paper = "feng2025zeroflow"
    space = {"lr": (0.001, 0.003, 0.01), "replay": (0.2, 0.5)}
