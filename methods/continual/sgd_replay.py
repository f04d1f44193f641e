"""Replay on an adapter and a head by SGD: the first-order control of the gradient-free learners.

**Source**: Feng et al., "ZeroFlow: Overcoming Catastrophic Forgetting is Easier than You Think", 2025,
https://arxiv.org/abs/2501.01045 (its first-order SGD).

    w <- w - lr grad L(w),    L = (1 - a) CE(new batch) + a CE(memory batch)

**Differs from the paper**: 1. an adapter of width 4 and a linear head on a two-layer network. 2. the loss of continual
learning is replay of ten examples a class. 3. directions are drawn for all weights at once.

**Shapes**: b batch, c classes, q directions, k trainable numbers.
"""

from toybench.methods.continual._forward import ReplayAdapter


class SGDReplay(ReplayAdapter):
    """One backward pass a step."""

    space = {"lr": (0.03, 0.1, 0.3), "replay": (0.2, 0.5)}
