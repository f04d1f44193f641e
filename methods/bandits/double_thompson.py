"""Two independent draws of the parameter, and the favourite of each.

**Source**: Wu and Liu, "Double Thompson Sampling for Dueling Bandits", 2016, https://arxiv.org/abs/1604.07101, with the
Gaussian approximation of a linear model's posterior.

    theta_1, theta_2 ~ N(theta, c^2 H^-1),   i = argmax x . theta_1,   j = argmax x . theta_2

**Differs from the paper**: 1. utilities are linear, so that the draws are of their parameter and not of a table of
preferences. 2. as for `colstim`: ridge penalty, one Newton step a round.

**Shapes**: n instances, k contexts, d dimensions.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._duels import LinearDuelist, State


class DoubleThompson(LinearDuelist):
    """H: Hessian of the penalised likelihood."""

    def pair(self, state: State, offer: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        n, _, d = offer.shape
        root = jnp.linalg.cholesky(state.covariance)
        z = jax.random.normal(key, (2, n, d))
        draws = state.params[None] + self.c * jnp.einsum("nij,snj->sni", root, z)
        first, second = jnp.argmax(jnp.einsum("nkd,snd->snk", offer, draws), axis=-1)
        return first, second
