"""Neural weight search in a pool of Gaussian segments: the control for what the learnt pool is worth.

**Source**: control for Jiang and Celiktutan, "Neural Weight Search for Scalable Task Incremental Learning", 2022,
https://arxiv.org/abs/2211.13823.

    as `nws`, with pool p ~ N(0, v I), v the mean square of the published pool

**Differs from the paper**: 1. as `nws`. 2. the pool is random; the same in all trials, so it need not be stored, but
its bits are counted.

**Shapes**: k codewords, s length of a segment.
"""

import jax
import jax.numpy as jnp
import numpy as np

from toybench.methods.continual._search import WeightSearch


class NWSRandomPool(WeightSearch):
    """Only the scale of the weights is known beforehand."""

    def pools(self) -> tuple[jax.Array, jax.Array]:
        one, two = self.given.pool1, self.given.pool2
        noise = jnp.asarray(
            np.random.default_rng(0).normal(size=(2, *one.shape)), one.dtype
        )  # a constant of the program
        return noise[0] * (one**2).mean() ** 0.5, noise[1] * (two**2).mean() ** 0.5
