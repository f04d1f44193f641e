"""What the duel methods share: the maximum-likelihood estimate of a linear transitivity model, and the design matrix.

Shapes: n instances, k contexts, d dimensions, t rounds.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.bandits._duels import Duel

RIDGE = 1.0  # penalty of the likelihood and of the design, so that both exist before the duels span the space


LEAST = 1e-6  # probability of a probit model, so that its likelihood stays finite


class State(NamedTuple):
    """History of differences [n, t, d] and outcomes [n, t]; rounds so far; estimates [n, d]; inverses of the design
    sum z z' + I [n, d, d], and of the negative log likelihood's Hessian [n, d, d]."""

    differences: jax.Array
    won: jax.Array
    step: jax.Array
    params: jax.Array
    design: jax.Array
    covariance: jax.Array


class LinearDuelist(Method, abc.ABC):
    """Estimates utilities; a subclass gives `pair`."""

    c: float = 1.0  # factor of the confidence width

    deterministic = True
    space = {"c": (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)}

    def init(self, key: jax.Array) -> State:
        n, d = self.spec.instances, self.spec.dim
        eye = jnp.broadcast_to(jnp.eye(d) / RIDGE, (n, d, d))
        return State(
            differences=jnp.zeros((n, self.steps, d)),
            won=jnp.zeros((n, self.steps)),
            step=jnp.zeros((), jnp.int32),
            params=jnp.zeros((n, d)),
            design=eye,
            covariance=eye,
        )

    def update(self, state: State, batch: Duel, key: jax.Array) -> State:
        z = state.differences.at[:, state.step].set(batch.difference)
        won = state.won.at[:, state.step].set(batch.won)
        seen = (jnp.arange(self.steps) <= state.step).astype(jnp.float32)[None]
        theta, covariance = newton(state.params, z, won, seen, self.spec.link)
        v = jnp.einsum("nij,nj->ni", state.design, batch.difference)
        shrink = 1 / (1 + (batch.difference * v).sum(-1))
        design = state.design - shrink[:, None, None] * v[:, :, None] * v[:, None, :]
        return State(differences=z, won=won, step=state.step + 1, params=theta, design=design, covariance=covariance)

    def duel(self, state: State, offer: jax.Array, key: jax.Array) -> jax.Array:
        first, second = self.pair(state, offer, key)
        return jnp.stack([first, second], axis=-1)

    @abc.abstractmethod
    def pair(self, state: State, offer: jax.Array, key: jax.Array) -> tuple[jax.Array, jax.Array]:
        """First and second context, int32 [n] each."""


def challenger(state: State, offer: jax.Array, first: jax.Array, c: Any) -> jax.Array:
    """The context that may beat the first one by most: argmax_j (x_j - x_i) theta + c |x_j - x_i|_{V^-1}, int32 [n]."""
    apart = offer - jnp.take_along_axis(offer, first[:, None, None], axis=1)
    return jnp.argmax(utility(state, apart) + c * width(state, apart), axis=-1)


def newton(theta: jax.Array, z: jax.Array, won: jax.Array, seen: jax.Array, link: str) -> tuple[jax.Array, jax.Array]:
    """(estimates [n, d], inverse Hessians [n, d, d]) after one Newton step of length at most 1 from the last estimate.

    One step a round follows the maximum, which moves by 1 / t. For the probit link the Hessian is the expected one.
    """
    u = jnp.einsum("ntd,nd->nt", z, theta)
    if link == "probit":
        p = jnp.clip(jax.scipy.stats.norm.cdf(u), LEAST, 1 - LEAST)
        slope = jax.scipy.stats.norm.pdf(u)
        weight = slope**2 / (p * (1 - p))
        residual = (p - won) * slope / (p * (1 - p))
    else:
        p = jax.nn.sigmoid(u)
        weight = p * (1 - p)
        residual = p - won
    grad = jnp.einsum("nt,ntd->nd", seen * residual, z) + RIDGE * theta
    hessian = jnp.einsum("nti,nt,ntj->nij", z, seen * weight, z) + RIDGE * jnp.eye(z.shape[-1])[None]
    covariance = jnp.linalg.inv(hessian)
    step = jnp.einsum("nij,nj->ni", covariance, grad)
    return theta - step / jnp.maximum(1.0, jnp.linalg.norm(step, axis=-1, keepdims=True)), covariance


def utility(state: State, x: jax.Array) -> jax.Array:
    """Estimated utilities of [n, ..., d]: [n, ...]."""
    return jnp.einsum("n...d,nd->n...", x, state.params)


def width(state: State, x: jax.Array) -> jax.Array:
    """Lengths of [n, ..., d] in the norm of the inverse design: [n, ...]."""
    return jnp.sqrt(jnp.maximum(jnp.einsum("n...i,nij,n...j->n...", x, state.design, x), 0.0))
