"""Adam at a constant rate.

**Source**: Kingma, Ba: Adam: A Method for Stochastic Optimization, 2015, https://arxiv.org/abs/1412.6980, Algorithm 1;
as the baseline of Abdukhakimov et al.: SANIA, 2023, https://arxiv.org/abs/2312.17369, in the authors' code,
fxrshed/SANIA, `experiments/methods.py`.

    m <- b1 m + (1 - b1) g        v <- b2 v + (1 - b2) g^2
    w <- w - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)

**Differs from the paper**: none.

**Shapes**: those of the task's weights.
"""

from toybench.methods.learning_rates.adam import Adam


class AdamConstant(Adam):
    """Adam with neither a rise of the rate nor a fall."""

    schedule: str = "constant"  # cosine, linear, constant, inverse_sqrt or wsd
    warmup: float = 0.0  # share of the updates in which the rate rises linearly, 0 to 1
