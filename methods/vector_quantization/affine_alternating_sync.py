"""Affine codes, inner codebook steps and the synchronised gradient together.

**Source**: Huh, Cheung, Agrawal and Isola, "Straightening Out the Straight-Through Estimator: Overcoming Optimization
Challenges in Vector Quantized Networks", 2023, https://arxiv.org/abs/2305.08842 (all three combined).

    e_k = (1 + a s) * c_k + a t,   inner steps on (c, s, t),   decode(z + sg(q - z) + v (q - sg(q)))

**Differs from the paper**: 1. as `affine`, `alternating` and `sync` do; the authors also replace dead codes in some of
their experiments, which would hide what these three parts do.

**Shapes**: b examples, d latent width, k codes.
"""

from toybench.methods.vector_quantization.affine import Affine
from toybench.methods.vector_quantization.alternating import Alternating
from toybench.methods.vector_quantization.sync import Synchronised


class AffineAlternatingSync(Affine, Synchronised, Alternating):
    """The codebook from `Affine`, the gradient from `Synchronised`, the schedule of updates from `Alternating`."""
