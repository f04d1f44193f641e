"""Spherically transformed directional quantile regression: quantile regions in a latent space, mapped back.

**Source**: Feldman, Bates and Romano, "Calibrated Multiple-Output Quantile Regression with Representation Learning",
2021, https://arxiv.org/abs/2110.00816 (ST-DQR, and calibration by distance).

    z = encoder(x, y) of a conditional variational autoencoder, nearly N(0, I) at every x
    R_Z(x) = { z : u.z >= q_u(x) for all directions u },      q_u(x) = the tau-quantile of u.z given x
    C(x) = { y : |y - decoder(x, z)| <= q for some z of a grid in R_Z(x) }
    q = the ceil((n + 1)(1 - alpha))-th smallest distance of y_i to the decoded points at x_i

**Differs from the paper**: 1. latent dimension 2 instead of 3. 2. autoencoder and quantiles are trained side by side,
without gradient from the quantiles to the encoder. 3. 32 fixed directions, an output of the network each. 4. always
balls round the decoded points; the authors shrink the region where it covers too much before calibration.

**Shapes**: b points, p candidates, k directions, s latent points.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench.methods.conformal._regions import Generative, directions, pinball
from toybench.tasks.conformal._regions import Pairs, nearest


class STDQR(Generative):
    """Any shape, without the latent points that are rare."""

    tau: float = 0.03  # level of each direction in the latent space; the paper's is 0.05 to 0.07 in 3 dimensions

    directions: int = 32  # k; the paper has 32 in training and more for regions
    side: int = 18  # points along a side of the latent grid over (-2.7, 2.7)

    paper = "feldman2021calibrated"

    def networks(self) -> dict[str, tuple[int, int]]:
        return {**super().networks(), "quantiles": (self.spec.inputs, self.directions)}

    def loss(self, params: Any, batch: Pairs, key: jax.Array) -> jax.Array:
        loss, z = self.evidence(params, batch, key)
        along = jax.lax.stop_gradient(z) @ directions(self.directions).T
        return loss + pinball(along - self.net(params, "quantiles", batch.x), self.tau).mean()

    def score(self, params: Any, x: jax.Array, y: jax.Array) -> jax.Array:
        ticks = jnp.linspace(-2.7, 2.7, self.side)
        z = jnp.stack(jnp.meshgrid(ticks, ticks), axis=-1).reshape(-1, 2)
        along = (z @ directions(self.directions).T)[None]
        inside = (along >= self.net(params, "quantiles", x)[:, None]).all(-1)  # [b, s]
        return nearest(y, self.cloud(params, x, z), inside)
