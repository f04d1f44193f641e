"""Keep the inverse fourth root of a moving average of matrices in few bits.

Isolates what storing a preconditioner costs. Gradients G = A^(1/2) Z B^(1/2) with normal Z stream in, whatever the
learner does; the exact averages of G G^T and G^T G, forgotten at the rate beta, are the world's. A learner is asked
for the roots that it preconditions with, and for the root that it would keep of one exact matrix. 200 steps.
"""

import math
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.descent import Problem, Start
from toybench.blocks.random import normals
from toybench.tasks.optimizers.matrix_regression import root

BETA = 0.95  # forgetting of the averages: the paper's, and that of every learner here
RIDGE = 1e-6  # of the largest eigenvalue, added before a root is taken; the paper's
DEGREES = 180 / math.pi  # of an angle of 1


class RootKeeper(Protocol):
    """What a learner of this task answers."""

    def roots(self, state: Any) -> tuple[jax.Array, jax.Array]:
        """The matrices [d, d] that the gradient is multiplied with from the left and from the right."""

    def kept_root(self, state: Any, matrix: jax.Array) -> jax.Array:
        """The inverse fourth root [d, d] as it would be kept, were `matrix` [d, d] the average."""


@dataclass(frozen=True)
class Stream(Problem):
    """The inner product of weights and batch, whose gradient is the batch, wherever the weights are."""

    roles = ("linear",)

    def losses(self, weights: dict[str, jax.Array], batch: jax.Array) -> jax.Array:
        return jnp.sum(weights["map"] * batch)[None]


class World(NamedTuple):
    """The roots A^(1/2), B^(1/2) of the covariances, and the exact averages so far; all [d, d]."""

    left: jax.Array
    right: jax.Array
    rows: jax.Array
    columns: jax.Array


class InverseRoots(Task):
    """How far the roots in use are from those of the exact averages."""

    size: int = 64  # d; the authors' code leaves smaller matrices in 32 bits
    condition: float = 10000.0  # largest eigenvalue over the smallest, of A and of B; their spectra are geometric

    interface = RootKeeper
    kind = "stream"
    steps = 200
    checkpoints = 4
    metrics = {
        "root_error": Metric("min", "Frobenius error of the root in use, relative to the exact average's; both sides"),
        "root_error_once": Metric("min", "the same for the exact average itself, stored a single time"),
        "root_angle_once": Metric("min", "angle between that root and the exact one, degrees"),
    }

    @property
    def spec(self) -> Stream:
        return Stream()

    def sample(self, key: jax.Array) -> World:
        square = (self.size, self.size)
        drawn = normals(key, left=square, right=square)
        return World(
            left=root(drawn["left"], self.condition, rotated=True),
            right=root(drawn["right"], self.condition, rotated=True),
            rows=RIDGE * jnp.eye(self.size),
            columns=RIDGE * jnp.eye(self.size),
        )

    def given(self, world: World) -> Start:
        return Start(weights={"map": jnp.zeros_like(world.left)})

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, jax.Array]:
        """A gradient, which enters the averages."""
        gradient = world.left @ jax.random.normal(key, world.left.shape) @ world.right
        rows = BETA * world.rows + (1 - BETA) * gradient @ gradient.T
        columns = BETA * world.columns + (1 - BETA) * gradient.T @ gradient
        return world._replace(rows=rows, columns=columns), gradient

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        averages = (world.rows, world.columns)
        exact = [exact_root(average) for average in averages]
        used = learner.roots()
        once = [learner.kept_root(average) for average in averages]
        return {
            "root_error": mean_of(relative_error, used, exact),
            "root_error_once": mean_of(relative_error, once, exact),
            "root_angle_once": mean_of(angle, once, exact),
        }

    def floor(self, world: World) -> Any:
        """The identity: no preconditioner at all."""
        identity = jnp.eye(self.size)
        return SimpleNamespace(roots=lambda: (identity, identity), kept_root=lambda matrix: identity)

    def oracle(self, world: World) -> Any:
        """The exact roots."""
        return SimpleNamespace(
            roots=lambda: (exact_root(world.rows), exact_root(world.columns)),
            kept_root=exact_root,
        )


def exact_root(matrix: jax.Array) -> jax.Array:
    """(matrix + ridge)^(-1/4), by its eigenvectors; the ridge is a share of the largest eigenvalue."""
    values, vectors = jnp.linalg.eigh(matrix)
    lifted = jnp.maximum(values, 0.0) + RIDGE * values[-1]
    return (vectors * lifted[None] ** -0.25) @ vectors.T


def relative_error(found: jax.Array, exact: jax.Array) -> jax.Array:
    """Frobenius norm of the difference over that of the exact matrix."""
    return jnp.linalg.norm(found - exact) / jnp.linalg.norm(exact)


def angle(found: jax.Array, exact: jax.Array) -> jax.Array:
    """Angle between two matrices as vectors, in degrees."""
    cosine = jnp.sum(found * exact) / (jnp.linalg.norm(found) * jnp.linalg.norm(exact))
    return DEGREES * jnp.arccos(jnp.clip(cosine, -1.0, 1.0))


def mean_of(measure: Any, found: Any, exact: Any) -> jax.Array:
    """Mean of a measure over both sides."""
    return sum(measure(f, e) for f, e in zip(found, exact, strict=True)) / len(exact)
