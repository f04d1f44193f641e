"""Softmax features, then product quantisation: the usual way to shrink learned features for retrieval.

**Source**: features: Zhai and Wu, "Classification is a Strong Baseline for Deep Metric Learning", 2018,
https://arxiv.org/abs/1811.12649 (normalised softmax); codes: Jégou, Douze and Schmid, "Product Quantization
for Nearest Neighbor Search", 2011, section III (asymmetric distance). A baseline of Lee et al., 2019,
https://arxiv.org/abs/1905.11656.

    p(y | x)  prop. to  exp(cos(f(x), w_y) / temperature)
    code      = for each part of f(x) / |f(x)|, the nearest of k centroids

**Differs from the paper**: 1. centroids are learned online along with the features (running means, idle ones
restarted) instead of by k-means afterwards; the features stand still at the end, as the learning rate goes to 0; 2.
small MLP.

**Shapes**: b batch, d symbols, k values a symbol, p features a part.
"""

from toybench.methods.vector_quantization._retrieval import ProductCodes


class CrossEntropyProductCodes(ProductCodes):
    """The features don't know that they will be quantised."""
