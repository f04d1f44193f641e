"""Probabilistic conformal prediction: balls round samples of a conditional generative model.

**Source**: Wang, Gao, Yin, Zhou and Blei, "Probabilistic Conformal Prediction Using Conditional Random Samples", 2022,
https://arxiv.org/abs/2206.06584.

    y^_s ~ the model at x,  s = 1..S,      C(x) = union of balls of radius q round y^_s
    q = the ceil((n + 1)(1 - alpha))-th smallest  min_s |y_i - y^_is|

**Differs from the paper**: 1. the same latent samples at every input. 2. the model is the variational autoencoder that
`st_dqr` trains, so that the two differ in the choice of latent points alone.

**Shapes**: b points, p candidates, s latent points.
"""

from typing import Any

import jax

from toybench.methods.conformal._regions import Generative
from toybench.tasks.conformal._regions import Pairs, nearest


class ProbabilisticConformal(Generative):
    """Any shape, without quantiles: also where the latent law is wrong."""

    samples: int = 150  # S; the paper has 50 to 1000

    def loss(self, params: Any, batch: Pairs, key: jax.Array) -> jax.Array:
        return self.evidence(params, batch, key)[0]

    def score(self, params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        z = jax.random.normal(jax.random.key(0), (self.samples, 2))
        return nearest(y, self.cloud(params, x, z))
