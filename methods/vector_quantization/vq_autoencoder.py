"""The control of VQ-APC: the same network and code layer, but the code has to rebuild the present frame.

**Source**: ablation of Chung, Tang and Glass, "Vector-Quantized Autoregressive Predictive Coding", 2020,
https://arxiv.org/abs/2005.08392, with the prediction taken out, as in the vector-quantised autoencoders it refers to.

    loss = sum_t | x_t - V C q_t |_1

**Differs from the paper**: 1. not a baseline of the paper; everything but the target is as in `vq_apc`.

**Shapes**: b sequences, t frames, d features, c codes.
"""

from toybench.methods.vector_quantization._sequence_coder import GumbelCoder


class VQAutoencoder(GumbelCoder):
    """Has to spend codes on what is gone a frame later."""

    @property
    def ahead(self) -> int:
        return 0
