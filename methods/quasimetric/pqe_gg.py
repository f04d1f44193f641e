"""Poisson quasimetric embedding, Gaussian-based measure and Gaussian shapes.

**Source**: Wang and Isola, "On the Learning and Learnability of Quasimetrics", 2022,
https://arxiv.org/abs/2206.15478, equation (13) and sections C.2 and C.4 (PQE-GG), and the authors' code,
`pqe/shapes.py` and `pqe/measures.py`.

    d(u, v) = sum_k a_k (1 - prod_j P[N_kj(u) <= N_kj(v)])          N(u): Poisson points in the shape of u
    P[N(u) <= N(v)] = P[Poisson(m(A - B)) <= Poisson(m(B - A))]     A, B: area under a unit Gaussian density at u, v
    m(A - B) = weighted integral over t of N(t; 0, s^2) max(0, N(t; u, 1) - N(t; v, 1))

**Differs from the paper**: 1. small encoder and latents, on random node features. 2. deep linear networks without the
added bias; they mix the measures of all latents into the rate of each process. 3. the total rate of a process is kept
below 4, so that the race can be summed term by term. 4. the rates start near 1 instead of near 0.1, where learning
stalls.

**Shapes**: b pairs, k quasipartitions, j Poisson processes each; latents [b, k * j].
"""

import math

import jax
import jax.numpy as jnp
from jax.scipy.special import ndtr

from toybench.methods.quasimetric._embedding import (
    DECAYS,
    LatentDistance,
    collapse,
    deep_linear,
    mix_partitions,
    mixture_weights,
)

LIMIT = 4.0  # total rate of a process; the race is decided, up to exp(-4), long before
START = 4.0  # makes the rates of the first learner about 1
TERMS = 18  # counts below this are summed: Poisson(4) exceeds it with probability 1e-7


class PQEGG(LatentDistance):
    """Weighted sum of expected quasipartitions, of Poisson counts under Gaussian shapes."""

    processes: int = 4  # j; the authors' default

    paper = "wang2022learning"
    guaranteed_quasimetric = True
    space = {"lr": (0.001, 0.003, 0.01, 0.03), "decay": DECAYS}

    def head(self, key: jax.Array) -> dict:
        for_weights, for_scales = jax.random.split(key)
        partitions = self.latent // self.processes
        return {
            "weights": mixture_weights(for_weights, partitions),
            "log_variance": jnp.zeros((partitions, self.processes)),  # of the measures
            "scales": deep_linear(for_scales, self.latent, self.latent),
        }

    def partition(self, head: dict, u: jax.Array, v: jax.Array) -> jax.Array:
        """Expected quasipartitions of latents u, v [b, k, j]: [b, k] in [0, 1]."""
        variance = jnp.exp(head["log_variance"])
        scales = START * collapse(head["scales"]) ** 2  # [from, to]: a process draws on the measures of all
        total = (1 / jnp.sqrt(2 * math.pi * (1 + variance))).reshape(-1) @ scales  # greatest measure of a shape, [to]
        scales = scales * (LIMIT / (LIMIT + total))[None]
        below_u, below_v = exclusive(u, v, variance[None])
        rate_u = (below_u.reshape(len(u), -1) @ scales).reshape(u.shape)
        rate_v = (below_v.reshape(len(v), -1) @ scales).reshape(v.shape)
        return 1.0 - race(rate_u, rate_v).prod(-1)

    def between(self, head: dict, u: jax.Array, v: jax.Array) -> jax.Array:
        shape = (len(u), -1, self.processes)
        return mix_partitions(head["weights"], self.partition(head, u.reshape(shape), v.reshape(shape)))


def exclusive(u: jax.Array, v: jax.Array, variance: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Measure of what lies under the unit Gaussian at u and not under that at v, and the other way round.

    The measure has density N(t; 0, variance) along t. The product of the two densities is a Gaussian about
    u * variance / (1 + variance), and the shapes cross in the middle of u and v.
    """
    total = variance + 1.0
    mass_u = jnp.exp(-0.5 * u**2 / total) / jnp.sqrt(2 * math.pi * total)
    mass_v = jnp.exp(-0.5 * v**2 / total) / jnp.sqrt(2 * math.pi * total)
    sigma = jnp.sqrt(variance / total)
    middle = (u + v) / 2
    # z-scores towards the side on which u's density is the larger one
    side = jnp.where(u < v, 1.0, -1.0)
    score_u = side * (middle - u * variance / total) / sigma
    score_v = side * (middle - v * variance / total) / sigma
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
    x = jnp.exp(-a)  # P[X = k]
    y = jnp.exp(-b)  # P[Y = k]
    tail = jnp.ones_like(a)  # P[Y >= k]
    wins = ties = near = jnp.zeros_like(a)
    for k in range(TERMS):  # unrolled: one kernel
        following = x * a / (k + 1)  # P[X = k + 1]
        wins = wins + x * tail
        ties = ties + x * y
        near = near + following * y
        tail = tail - y
        x = following
        y = y * b / (k + 1)
    return wins, ties, near
