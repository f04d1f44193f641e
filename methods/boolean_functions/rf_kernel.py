"""Infinitely many random features, their weights trained from 0: the interpolator of least norm in their kernel.

**Source**: Abbe, Bengio, Lotfi and Rizk, "Generalization on the Unseen, Logic Reasoning and Degree Curriculum", 2023,
https://arxiv.org/abs/2301.13105 (authors' code, github.com/aryol/GOTU: `RandomFeaturesReLU` and `RandomFeaturesPoly`
of models.py).

    k(x, z) = E sigma(w . x + b) sigma(w . z + b),  w, b ~ N(0, 1/d),    f(x) = k(x, X) k(X, X)^-1 y

With u = w . x + b of variance s^2 = (1 + d) / d, and c = (1 + x . z) / (1 + d) the correlation of two of them:

    relu(u):     k = s^2 (sqrt(1 - c^2) + (pi - arccos c) c) / (2 pi)                (Cho and Saul, 2009)
    (1 + u)^6:   k = sum_j j! a_j^2 c^j,    a_j = s^j binom(6, j) E (1 + s z)^(6 - j),  z ~ N(0, 1)

**Differs from the paper**: 1. the limit of infinitely many features and steps instead of 8,192 features and 40 to 100
epochs. 2. a ridge of 1e-5 of the kernel's diagonal, for single precision.

**Shapes**: i training sets, n points, m new points.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.errors import UsageError

DEGREE = 6  # of the polynomial activation, the authors'
RIDGE = 1e-5  # share of the diagonal
ACTIVATIONS = ("relu", "polynomial")


class State(NamedTuple):
    """Weights of the training points, [i, n]."""

    params: jax.Array


def relu_kernel(c: jax.Array, variance: float) -> jax.Array:
    """Of correlations c, elementwise."""
    angle = jnp.arccos(jnp.clip(c, -1.0, 1.0))
    return variance * (jnp.sin(angle) + (math.pi - angle) * c) / (2 * math.pi)


def gaussian_moment(power: int, variance: float) -> float:
    """E (1 + s z)^power of a standard normal z."""
    even = range(0, power + 1, 2)
    return sum(math.comb(power, j) * variance ** (j // 2) * math.prod(range(1, j, 2)) for j in even)


def polynomial_kernel(c: jax.Array, variance: float) -> jax.Array:
    """Of correlations c, elementwise, over its value at 1."""
    total = jnp.zeros_like(c)
    scale = 0.0
    for j in range(DEGREE + 1):
        squared = variance**j * (math.comb(DEGREE, j) * gaussian_moment(DEGREE - j, variance)) ** 2
        total = total + math.factorial(j) * squared * c**j
        scale += math.factorial(j) * squared
    return total / scale


class RFKernel(Method):
    """Solves once, in `init`."""

    activation: str = "relu"  # relu or polynomial

    paper = "abbe2023generalization"
    deterministic = True

    def kernel(self, x: jax.Array, z: jax.Array) -> jax.Array:
        """Kernel [m, n] of points [m, d] and [n, d]."""
        dims = x.shape[1]
        c = (1 + x @ z.T) / (1 + dims)
        variance = (1 + dims) / dims
        return relu_kernel(c, variance) if self.activation == "relu" else polynomial_kernel(c, variance)

    def init(self, key: jax.Array) -> State:
        if self.activation not in ACTIVATIONS:
            raise UsageError(f"activation is {self.activation!r}; use one of {', '.join(ACTIVATIONS)}.")

        def solve(x: jax.Array, y: jax.Array) -> jax.Array:
            gram = self.kernel(x, x)
            factor = jax.scipy.linalg.cho_factor(gram + RIDGE * gram[0, 0] * jnp.eye(len(x)))
            return jax.scipy.linalg.cho_solve(factor, y)

        return State(params=jax.vmap(solve)(self.given.x, self.given.y))

    def values(self, state: State, x: jax.Array) -> jax.Array:
        return jax.vmap(lambda z, weights: self.kernel(x, z) @ weights)(self.given.x, state.params)
