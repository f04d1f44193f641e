"""Cascaded multi-codebook probabilistic vector quantisation: parts of a latent coded jointly, level after level.

**Source**: Zhu, Song, Gao, Zheng and Shen, "Unified Multivariate Gaussian Mixture for Efficient Neural Image
Compression", 2022, https://arxiv.org/abs/2203.10897 (probabilistic vector quantisation, cascaded estimation,
multi-codebooks).

    p(code | z)  =  softmax over codes of  - temperature * |z_part - code|^2 / sqrt(k)   sampled, in test the argmax
    z_2          =  A (z_1 - quantised z_1)            the next level codes what is left
    restored     =  quantised z_1 + B (restored z_2)
    loss         =  squared error of the decoded vector

**Differs from the paper**: 1. latents are small vectors, encoders, decoders and the maps between levels an MLP and
linear maps instead of convolutions; 2. mean squared error alone; 3. four operating points (codes a level) are
trained side by side.

**Shapes**: b batch, l latents, g codebooks a level, v levels, k codes, w = l / g width of a code.
"""

from toybench.methods.vector_quantization._codebooks import Codebooks


class MulticodebookVQ(Codebooks):
    """Two levels of two codebooks each: rates g * (log2 k_1 + log2 k_2) from 4 to 10 bits at most."""

    levels: int = 2  # v, cascaded quantisations, 1 or more
    sizes: tuple[int, ...] = (4, 1, 4, 2, 8, 2, 8, 4)  # four operating points
    groups: int = 2  # g, parts of the latent with a codebook each

    paper = "zhu2022unified"
    space = {"lr": (0.003, 0.01, 0.03, 0.06)}
