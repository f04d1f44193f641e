"""Poisson quasimetric embedding, Gaussian-based measure and Gaussian shapes.

**Source**: Wang and Isola, "On the Learning and Learnability of Quasimetrics", 2022,
https://arxiv.org/abs/2206.15478 (PQE-GG).

    d(u, v) = sum_k a_k (1 - prod_j P[N_kj(u) <= N_kj(v)])          N(u): Poisson points in the shape of u
    P[N(u) <= N(v)] = P[Poisson(m(A - B)) <= Poisson(m(B - A))]     A, B: area under a unit Gaussian density at u, v
    m(A - B) = weighted integral over t of N(t; 0, s^2) max(0, N(t; u, 1) - N(t; v, 1))

**Differs from the paper**: 1. small encoder and latents, on random node features. 2. deep linear
networks without the added bias. 3. the total rate of a process is kept below 4, so
that the race can be summed term by term. 4. the rates start near 1 instead of near 0.1, where learning stalls.

**Shapes**: b pairs, k quasipartitions, j Poisson processes each; latents [b, k * j].
"""

import math

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtr

from toybench.methods.quasimetric._poisson import Poisson, collapse, deep_linear

LIMIT = 4.0  # total rate of a process; the race is decided, up to exp(-4), long before
START = 4.0  # makes the rates of the first learner about 1
TERMS = 18  # counts below this are summed: Poisson(4) exceeds it with probability 1e-7


class PQEGG(Poisson):
    """Guarantees a quasimetric."""

    paper = "wang2022learning"

    def head(self, key: jax.Array) -> dict:
        a, b = jax.random.split(key)
        total = self.partitions * self.processes
        spread = jnp.zeros((self.partitions, self.processes))  # log of the measures' variances
        return super().head(a) | {"log_variance": spread, "scales": deep_linear(b, total, total)}

    def partition(self, head: dict, u: jax.Array, v: jax.Array) -> jax.Array:
        variance = jnp.exp(head["log_variance"])
        scales = START * collapse(head["scales"]) ** 2  # [from, to]: a process draws on the measures of all
        total = (1 / jnp.sqrt(2 * math.pi * (1 + variance))).reshape(-1) @ scales  # greatest measure of a shape, [to]
        scales = scales * (LIMIT / (LIMIT + total))[None]
        only = exclusive(u, v, variance[None])
        u_only, v_only = ((x.reshape(len(x), -1) @ scales).reshape(x.shape) for x in only)
        return 1.0 - race(u_only, v_only).prod(-1)


def exclusive(u: jax.Array, v: jax.Array, variance: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Measure of what lies under the unit Gaussian at u and not under that at v, and the other way round.

    The measure has density N(t; 0, variance) along t. The product of the two densities is a Gaussian about
    u * variance / (1 + variance), and the shapes cross in the middle of u and v.
    """
    total = variance + 1.0
    mass_u, mass_v = (jnp.exp(-0.5 * z**2 / total) / jnp.sqrt(2 * math.pi * total) for z in (u, v))
    sigma = jnp.sqrt(variance / total)
    middle = (u + v) / 2
    # z-scores towards the side on which u's density is the larger one
    side = jnp.where(u < v, 1.0, -1.0)
    score_u, score_v = (side * (middle - z * variance / total) / sigma for z in (u, v))
    u_only = mass_u * ndtr(score_u) - mass_v * ndtr(score_v)
    v_only = mass_v * ndtr(-score_v) - mass_u * ndtr(-score_u)
    return jnp.maximum(u_only, 0.0), jnp.maximum(v_only, 0.0)


@jax.custom_jvp
def race(a: jax.Array, b: jax.Array) -> jax.Array:
    """P[X <= Y] for independent X ~ Poisson(a), Y ~ Poisson(b), rates up to LIMIT."""
    return race_sums(a, b)[0]


@race.defjvp
def _race_jvp(primals: tuple, tangents: tuple) -> tuple:
    """d/da = -P[X = Y] and d/db = P[X = Y + 1]."""
    wins, ties, near = race_sums(*primals)
    return wins, near * tangents[1] - ties * tangents[0]


def race_sums(a: jax.Array, b: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """P[X <= Y] = sum over k of P[X = k] P[Y >= k], P[X = Y] and P[X = Y + 1]."""

    def add(k: int, carry: tuple) -> tuple:
        x, y, tail, wins, ties, near = carry  # P[X = k], P[Y = k], P[Y >= k] and the three sums so far
        count = jnp.float32(k + 1)
        then = x * a / count
        return then, y * b / count, tail - y, wins + x * tail, ties + x * y, near + then * y

    zero = jnp.zeros_like(a)
    start = (jnp.exp(-a), jnp.exp(-b), jnp.ones_like(a), zero, zero, zero)
    return jax.lax.fori_loop(0, TERMS, add, start)[3:]
