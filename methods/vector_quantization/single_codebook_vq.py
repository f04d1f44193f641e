"""One codebook for the whole latent, otherwise the same probabilistic quantiser as with several.

**Source**: the one-codebook, one-level case of Zhu, Song, Gao, Zheng and Shen, "Unified Multivariate Gaussian
Mixture for Efficient Neural Image Compression", 2022, https://arxiv.org/abs/2203.10897; it is what the soft-to-hard
quantiser of Agustsson et al., 2017, https://arxiv.org/abs/1704.00648, does to vectors.

    p(code | z)  =  softmax over codes of  - temperature * |z - code|^2 / sqrt(k)
    loss         =  squared error of the decoded vector

**Differs from the paper**: 1. one level and one codebook, by definition; 2. MLP encoder and decoder.

**Shapes**: b batch, l latents, k codes.
"""

from toybench.methods.vector_quantization._codebooks import Codebooks


class SingleCodebookVQ(Codebooks):
    """Needs 2^rate codes, so only low rates are within its reach."""

    sizes: tuple[int, ...] = (8, 16, 64)  # three operating points
    groups: int = 1  # g, a single codebook for the whole latent

    space = {"lr": (0.003, 0.01, 0.03, 0.06)}
