"""VQ-APC: a recurrent network predicts a later frame through a bottleneck of codes.

**Source**: Chung, Tang and Glass, "Vector-Quantized Autoregressive Predictive Coding", 2020,
https://arxiv.org/abs/2005.08392, with the authors' code for the code layer.

    h_t = GRU(x_1 .. x_t),   q_t = one-hot argmax(W h_t + G),   G ~ Gumbel, gradient of softmax((W h_t + G) / tau)
    loss = sum_t | x_{t+n} - V C q_t |_1

A frame's code is argmax W h_t, without noise.

**Differs from the paper**: 1. one GRU layer of width 32 instead of three of 512, without dropout; 2. the temperature
falls over the updates of the trial from a tuned start; 3. the learning rate decays by a cosine.

**Shapes**: b sequences, t frames, d features, c codes.
"""

from toybench.methods.vector_quantization._sequence_coder import GumbelCoder


class VQAPC(GumbelCoder):
    """The code has to say what the coming frames need, and nothing else."""

    paper = "chung2020vectorquantized"

    @property
    def ahead(self) -> int:
        return self.spec.horizon
