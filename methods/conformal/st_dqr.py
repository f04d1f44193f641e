"""Spherically transformed directional quantile regression: quantile regions in a latent space, mapped back.

**Source**: Feldman, Bates and Romano, "Calibrated Multiple-Output Quantile Regression with Representation Learning",
2021, https://arxiv.org/abs/2110.00816 (ST-DQR, and calibration by distance), and its main.py, train_vae.py,
quantile_region.py and CVAE/models.py, repository Shai128/mqr.

    z = encoder(x, y) of a conditional variational autoencoder, nearly N(0, I) at every x
    R_Z(x) = { z : u.z >= q_u(x) for all directions u },      q_u(x) = the tau-quantile of u.z given x
    C(x) = { y : |y - decoder(x, z)| <= q for some z of a grid in R_Z(x) }
    q = the ceil((n + 1)(1 - alpha))-th smallest distance of y_i to the decoded points at x_i

**Differs from the paper**: 1. latent dimension 2 instead of 3. 2. autoencoder and quantiles are trained side by side,
without gradient from the quantiles to the encoder. 3. 32 fixed directions, an output of the network each; the authors
draw 32 in training and 512 for regions. 4. always balls round the decoded points; the authors shrink the region where
it covers too much before calibration. 5. networks of two layers of 64 for 1,500 steps, theirs have seven layers for
10,000 epochs. 6. latent points 0.16 apart on a fixed grid, theirs 0.14 between quantiles of the encoded responses.

**Shapes**: b points, p candidates, k directions, s latent points.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.conformal._regions import (
    ScoredRegion,
    apply,
    autoencoder,
    cloud,
    directions,
    evidence,
    needs_two_outputs,
    pinball,
)
from toybench.tasks.conformal._regions import Pairs, RegionSpec, nearest

REACH = 2.7  # half a side of the latent grid: a standard normal value is outside with probability 0.007


class STDQR(ScoredRegion):
    """Any shape, without the latent points that are rare."""

    kl: float = 0.1  # weight of the divergence against the squared error
    tau: float = 0.03  # level of each direction in the latent space, in (0, 1/2); the paper has 0.05 to 0.07

    directions: int = 32  # k
    side: int = 34  # points along a side of the latent grid, as the authors' 40,000 in three dimensions have

    paper = "feldman2021calibrated"
    space = {"kl": (0.01, 0.03, 0.1, 0.2), "tau": (0.003, 0.01, 0.03)}

    def fits(self, spec: RegionSpec) -> str | None:
        return needs_two_outputs(spec)

    def networks(self) -> dict[str, tuple[int, int]]:
        return {**autoencoder(self.spec), "quantiles": (self.spec.inputs, self.directions)}

    def loss(self, params: Any, batch: Pairs, key: jax.Array) -> jax.Array:
        loss, z = evidence(params, batch, self.kl, key)
        along = jax.lax.stop_gradient(z) @ directions(self.directions).T
        return loss + pinball(along - apply(params["quantiles"], batch.x), self.tau).mean()

    def score(self, params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        ticks = jnp.linspace(-REACH, REACH, self.side)
        z = jnp.stack(jnp.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
        along = (z @ directions(self.directions).T)[None]
        inside = (along >= apply(params["quantiles"], x)[:, None]).all(-1)  # [b, s]
        return nearest(y, cloud(params, x, z), inside)
