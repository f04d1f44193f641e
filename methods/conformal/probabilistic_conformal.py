"""Probabilistic conformal prediction: balls round samples of a conditional generative model.

**Source**: Wang, Gao, Yin, Zhou and Blei, "Probabilistic Conformal Prediction Using Conditional Random Samples", 2022,
https://arxiv.org/abs/2206.06584.

    y^_s ~ the model at x,  s = 1..S,      C(x) = union of balls of radius q round y^_s
    q = the ceil((n + 1)(1 - alpha))-th smallest  min_s |y_i - y^_is|

**Differs from the paper**: 1. the same latent samples at every input. 2. the model is the variational autoencoder that
`st_dqr` trains, so that at equal weights of its divergence the two differ in the choice of latent points alone.

**Shapes**: b points, p candidates, s latent points.
"""

from typing import Any

import jax

from toybench.methods.conformal._regions import LATENT, ScoredRegion, autoencoder, cloud, evidence, needs_two_outputs
from toybench.tasks.conformal._regions import Pairs, RegionSpec, nearest


class ProbabilisticConformal(ScoredRegion):
    """Any shape, without quantiles: also where the latent law is wrong."""

    kl: float = 0.1  # weight of the divergence against the squared error

    samples: int = 150  # S; the paper has 50 to 1000

    space = {"kl": (0.05, 0.1, 0.2, 0.4), "samples": (150, 500, 1000)}

    def fits(self, spec: RegionSpec) -> str | None:
        return needs_two_outputs(spec)

    def networks(self) -> dict[str, tuple[int, int]]:
        return autoencoder(self.spec)

    def loss(self, params: Any, batch: Pairs, key: jax.Array) -> jax.Array:
        return evidence(params, batch, self.kl, key)[0]

    def score(self, params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        z = jax.random.normal(jax.random.key(0), (self.samples, LATENT))
        return nearest(y, cloud(params, x, z))
