"""OFUL that regresses only on rounds whose context was still uncertain.

**Source**: Zhang, He, Fan and Gu, "On the Interplay Between Misspecification and Sub-optimality Gap in Linear
Contextual Bandits", 2023, https://arxiv.org/abs/2303.09390 (DS-OFUL; abstract and introduction could be read).

    (x_t, y_t) enters V and the regression only if |x_t|_{V^-1} >= Gamma;   action and radius as OFUL's

**Differs from the paper**: 1. Gamma, which the authors set by the gap over sqrt(d), is tuned, and so is the factor c of
the radius' noise part.

**Shapes**: n instances, k arms, d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._linear import Optimist, Ridge, length, radius
from toybench.tasks.bandits._linear import LinearRound


class DSOFUL(Optimist):
    """Uses so few rounds that an error of the model, which they all share, can't add up."""

    threshold: float = 0.1  # Gamma, least uncertainty of a round that is used; 0 is OFUL

    paper = "zhang2023interplay"
    space = {"c": (0.03, 0.1), "threshold": (0.05, 0.15, 0.3)}

    def weigh(self, state: Ridge, batch: LinearRound) -> jax.Array:
        return (length(state.inverse, batch.x[:, None])[:, 0] >= self.threshold).astype(jnp.float32)

    def extent(self, state: Ridge) -> jax.Array:
        return radius(state.weight, self.spec.dim, self.c * self.spec.noise, self.lam, self.spec.norm)
