"""What the linear methods share: ridge regression by rank-one steps, and the radius of its confidence set.

Shapes: n instances, k arms, d dimensions.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.bandits._linear import LinearRound

DELTA = 0.05  # share of problems on which a confidence set may miss the truth


class Ridge(NamedTuple):
    """Inverse of the regularised design [n, d, d], sum of weighted x y [n, d], sums of weights and of rounds, [n]."""

    inverse: jax.Array
    moment: jax.Array
    weight: jax.Array
    used: jax.Array


def start(instances: int, dim: int, lam: Any) -> Ridge:
    """Nothing seen: the inverse is I / lam."""
    eye = jnp.broadcast_to(jnp.eye(dim), (instances, dim, dim))
    zero = jnp.zeros(instances)
    return Ridge(inverse=eye / lam, moment=jnp.zeros((instances, dim)), weight=zero, used=zero)


def add(ridge: Ridge, x: jax.Array, y: jax.Array, weight: jax.Array) -> Ridge:
    """One more observation of weight [n], by Sherman and Morrison; weight 0 leaves all as it is."""
    v = jnp.einsum("nij,nj->ni", ridge.inverse, x)
    shrink = weight / (1 + weight * (x * v).sum(-1))
    return Ridge(
        inverse=ridge.inverse - shrink[:, None, None] * v[:, :, None] * v[:, None, :],
        moment=ridge.moment + (weight * y)[:, None] * x,
        weight=ridge.weight + weight,
        used=ridge.used + (weight > 0).astype(jnp.float32),
    )


def theta_of(ridge: Ridge) -> jax.Array:
    """Estimates [n, d]."""
    return jnp.einsum("nij,nj->ni", ridge.inverse, ridge.moment)


def length(inverse: jax.Array, x: jax.Array) -> jax.Array:
    """|x| in the norm of the inverse design: [n, d, d] and [n, k, d] to [n, k]."""
    return jnp.sqrt(jnp.maximum(jnp.einsum("nki,nij,nkj->nk", x, inverse, x), 0.0))


def radius(weight: jax.Array, dim: int, c: Any, lam: Any, norm: float) -> jax.Array:
    """c sqrt(d log(1 + w / (lam d)) + 2 log(1 / delta)) + sqrt(lam) norm, for weights that sum to w: [n]."""
    grown = jnp.log1p(weight / (lam * dim))
    return c * jnp.sqrt(dim * grown + 2 * jnp.log(1 / DELTA)) + jnp.sqrt(lam) * norm


class Optimist(Method, abc.ABC):
    """One ridge regression, and the context with the largest upper confidence bound."""

    c: float = 1.0  # factor of the noise's part of the radius; 1 is the theory's
    lam: float = 1.0  # ridge penalty; the common choice for contexts in the unit ball

    deterministic = True
    space = {"c": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0)}

    @abc.abstractmethod
    def weigh(self, state: Ridge, batch: LinearRound) -> jax.Array:
        """Weight of a round in the regression: [n]; 0 leaves it out."""

    @abc.abstractmethod
    def extent(self, state: Ridge) -> jax.Array:
        """Radius of the confidence set: [n]."""

    def init(self, key: jax.Array) -> Ridge:
        return start(self.spec.instances, self.spec.dim, self.lam)

    def update(self, state: Ridge, batch: LinearRound, key: jax.Array) -> Ridge:
        return add(state, batch.x, batch.response, self.weigh(state, batch))

    def choose(self, state: Ridge, offer: jax.Array, mask: jax.Array, key: jax.Array) -> jax.Array:
        mean = jnp.einsum("nkd,nd->nk", offer, theta_of(state))
        upper = mean + self.extent(state)[:, None] * length(state.inverse, offer)
        return jnp.argmax(jnp.where(mask, upper, -jnp.inf), axis=-1)

    def used(self, state: Ridge) -> jax.Array:
        return state.used
