"""Ensembles of infinitely wide networks, each trained to the end: sampled from the exact law of their outputs.

**Source**: Back de Luca, Giapitzakis, Fountoulakis: Exact Learning of Permutations for Nonzero Binary Inputs with
Logarithmic Training Size and Quadratic Ensemble Complexity, 2025, https://arxiv.org/abs/2502.16763, abstract, and the
authors' code, opallab/permlearn, `experiment.py` (rounding of the mean at 0); the law is that of Lee, Xiao and others:
Wide Neural Networks of Any Depth Evolve as Linear Models, 2019, https://arxiv.org/abs/1902.06720, section 2.

    f(x) = v . relu(W x) / sqrt(width)        x.y = |x| |y| cos a
    K(x, y) = |x| |y| (sin a + (pi - a) cos a) / 2 pi        T(x, y) = K(x, y) + x.y (pi - a) / 2 pi
    A = T(X, E) T(E, E)^-1        the mean of a network is A Y
    covariance of an output: K(X, X) + A K(E, E) A^T - A K(E, X) - K(X, E) A^T

Outputs of a network are independent of each other. A bit is one where the mean of the members lies above `cut`.

**Differs from the paper**: 1. members are drawn from the law, not trained. 2. coefficients below 1e-12 and
deviations below 1e-7 are rounding and count as 0, so that unit vectors are met exactly. 3. `cut=0.2` is ours. 4. no
biases; the code has them, with a scale of 0 at the start. 5. networks in the scaling of tangent
kernels; how the code scales its own, in a file that couldn't be read, is not known.

**Shapes**: k bits, n inputs, m ensembles; X [n, k] all inputs, E [k, k] the unit vectors, Y [k, k] their images.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Method
from toybench.tasks.permutation_learning import Shown, inputs

ROUNDING = 1e-12  # of coefficients, in float64
SMALLEST = 1e-7  # of the covariance's root: a variance below its square is rounding


class State(NamedTuple):
    """Mean deviation of every ensemble from the mean of all networks, [m, n, k], and images of unit vectors [k, k]."""

    deviation: jax.Array
    images: jax.Array


class NTKEnsemble(Method):
    """Means of networks that have met the unit vectors."""

    cut: float = 0.0  # mean output above which a bit is one; the paper's value

    paper = "backdeluca2025exact"

    def init(self, key: jax.Array) -> State:
        _, spread = law(self.spec.bits)
        steps = np.diff(np.array([0, *self.spec.sizes], float))
        noise = jax.random.normal(key, (len(steps), len(spread), self.spec.bits))
        root = jnp.asarray(spread, jnp.float32)
        sums = jnp.cumsum(jnp.asarray(np.sqrt(steps), jnp.float32)[:, None, None] * noise, axis=0)
        means = sums / jnp.asarray(self.spec.sizes, jnp.float32)[:, None, None]
        deviation = jnp.einsum("ij,mjk->mik", root, means)
        return State(deviation=deviation, images=jnp.zeros((self.spec.bits, self.spec.bits)))

    def update(self, state: State, batch: Shown, key: jax.Array) -> State:
        return state._replace(images=batch.x.T @ batch.y)

    def outputs(self, state: State) -> jax.Array:
        mean, _ = law(self.spec.bits)
        return (jnp.asarray(mean, jnp.float32) @ state.images)[None] + state.deviation

    def threshold(self, state: State) -> float:
        return self.cut


def law(bits: int) -> tuple[np.ndarray, np.ndarray]:
    """(A [n, k], a root of the covariance [n, n]) of networks trained on the unit vectors, for all inputs."""
    x = inputs(bits)
    shown = np.eye(bits)
    mean = tangent(x, shown) @ np.linalg.inv(tangent(shown, shown))
    mean[np.abs(mean) < ROUNDING] = 0.0
    across = mean @ start(shown, x)
    covariance = start(x, x) + mean @ start(shown, shown) @ mean.T - across - across.T
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    root[np.abs(root) < SMALLEST] = 0.0
    return mean, root


def start(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Covariance [a, b] of an untrained network's outputs at x [a, k] and y [b, k]."""
    length, angle = polar(x, y)
    return length * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / (2 * np.pi)


def tangent(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Inner products [a, b] of the output's gradients at x [a, k] and y [b, k], by all weights."""
    _, angle = polar(x, y)
    return start(x, y) + (x @ y.T) * (np.pi - angle) / (2 * np.pi)


def polar(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(products of lengths, angles), both [a, b]."""
    length = np.linalg.norm(x, axis=1)[:, None] * np.linalg.norm(y, axis=1)[None, :]
    return length, np.arccos(np.clip(x @ y.T / length, -1.0, 1.0))
