"""Gaussian copula over marginals with straight-line quantiles in the body and Pareto tails: no network, no steps.

**Source**: a control, none; the code of Laszkiewicz et al. (2022) has a Gaussian copula baseline too,
`synthetic_experiments/copula_baseline.py` (not read).

    x_i = Q_i(Phi(z_i)),  z ~ N(0, R);    beyond the outer knots P(|x - c_i| > y) falls as y^-nu_i,  by Hill

**Differs from the paper**: nothing; it is a control. c_i is the median; the outer knots are the 2.5 % quantiles; R is
the correlation of the normal scores; tails of the light marginals, too, are Pareto.

**Shapes**: n points, d coordinates, m training samples, q knots, k samples in a tail.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.normalizing_flows._flow import needs_samples
from toybench.tasks.normalizing_flows import Spec, normal_log_prob

KNOTS = 79  # at 2.5 % to 97.5 %
OUTER = 0.025  # share of the samples beyond the outer knots, each side


class Params(NamedTuple):
    """Knots [q, d] of the quantile functions, tail exponents nu [2, d] below and above, a root of R [d, d]."""

    knots: jax.Array
    freedom: jax.Array
    root: jax.Array


class State(NamedTuple):
    """What was fitted."""

    params: Params


class CopulaPareto(Method):
    """Fitted once, to the training set."""

    deterministic = True

    def fits(self, spec: Spec) -> str | None:
        return needs_samples(spec)

    def init(self, key: jax.Array) -> State:
        ordered = jnp.sort(self.given, axis=0)
        count = len(ordered)
        place = jnp.round(levels() * count).astype(jnp.int32)
        knots = ordered[place]
        centre = ordered[count // 2][None, :]
        tail = round(OUTER * count)
        below = jnp.log((centre - ordered[:tail]) / (centre - knots[:1])).mean(0)
        above = jnp.log((ordered[-tail:] - centre) / (knots[-1:] - centre)).mean(0)
        rank = jnp.argsort(jnp.argsort(self.given, axis=0), axis=0).astype(jnp.float32)
        scores = jax.scipy.special.ndtri((rank + 0.5) / count)
        correlation = scores.T @ scores / jnp.sum(scores[:, :1] ** 2)
        params = Params(knots=knots, freedom=1 / jnp.stack([below, above]), root=jnp.linalg.cholesky(correlation))
        return State(params=params)

    def sample(self, state: State, key: jax.Array, count: int) -> jax.Array:
        z = jax.random.normal(key, (count, self.spec.dims)) @ state.params.root.T
        return jax.vmap(quantile, in_axes=(1, 0, 0), out_axes=1)(z, state.params.knots.T, state.params.freedom.T)

    def log_prob(self, state: State, x: jax.Array) -> jax.Array:
        scores = jax.vmap(score, in_axes=(1, 0, 0), out_axes=1)
        z, marginal = scores(x, state.params.knots.T, state.params.freedom.T)
        free = jax.scipy.linalg.solve_triangular(state.params.root, z.T, lower=True).T
        volume = jnp.log(jnp.diagonal(state.params.root)).sum()
        return normal_log_prob(free) - normal_log_prob(z) - volume + marginal.sum(1)


def levels() -> jax.Array:
    """Shares [q] of the samples below the knots."""
    return jnp.linspace(OUTER, 1 - OUTER, KNOTS)


def quantile(z: jax.Array, knots: jax.Array, freedom: jax.Array) -> jax.Array:
    """Points [n] of one coordinate whose normal scores are z, from its knots [q] and tail exponents [2]."""
    centre = knots[KNOTS // 2]
    body = jnp.interp(jax.scipy.special.ndtr(z), levels(), knots)
    beyond = jax.scipy.special.ndtr(-jnp.abs(z)) / OUTER
    low = centre + (knots[0] - centre) * beyond ** (-1 / freedom[0])
    high = centre + (knots[-1] - centre) * beyond ** (-1 / freedom[1])
    return jnp.where(beyond < 1, jnp.where(z < 0, low, high), body)


def score(x: jax.Array, knots: jax.Array, freedom: jax.Array) -> tuple[jax.Array, jax.Array]:
    """(normal scores [n], log-densities [n]) of points of one coordinate, from its knots [q] and tail exponents [2]."""
    centre = knots[KNOTS // 2]
    left = x < centre
    nu = jnp.where(left, freedom[0], freedom[1])
    reach = jnp.where(left, centre - knots[0], knots[-1] - centre)
    far = jnp.maximum(jnp.abs(x - centre) / reach, 1.0)
    outside = (x < knots[0]) | (x > knots[-1])
    tail = jax.scipy.special.ndtri(OUTER * far**-nu)
    body = jax.scipy.special.ndtri(jnp.interp(x, knots, levels()))
    cell = jnp.clip(jnp.searchsorted(knots, x), 1, KNOTS - 1)
    slope = (levels()[1] - levels()[0]) / (knots[cell] - knots[cell - 1])
    pareto = jnp.log(OUTER * nu / reach) - (nu + 1) * jnp.log(far)
    z = jnp.where(outside, jnp.where(left, tail, -tail), body)
    return z, jnp.where(outside, pareto, jnp.log(slope))
