"""Neural weight search: each task's network is made of segments from a frozen, published pool.

**Source**: Jiang and Celiktutan, "Neural Weight Search for Scalable Task Incremental Learning", 2022,
https://arxiv.org/abs/2211.13823 (section 3; layer-wise pools, straight-through search);
https://github.com/JianJiangKCL/NeuralWeightSearch.

    V_j = argmin_{p in pool} |W_j - p|        for each segment j of the temporary weights W
    forward with V, gradient to W as if V were W;    loss + commitment |W - sg(V)|^2
    stored: the index of each segment (log2 k bits), biases and head

**Differs from the paper**: 1. segments are 8 weights of one unit of a dense layer instead of 3 x 3 kernels. 2. the pool
is the k-means of a trained network's segments instead of learnt with it. 3. no distillation.

**Shapes**: b batch, d inputs, h hidden units, c classes, k codewords, s length of a segment.
"""

from toybench.methods.continual._search import WeightSearch


class NWS(WeightSearch):
    """Old tasks' indices are never touched: nothing can be forgotten."""

    paper = "jiang2022neural"
