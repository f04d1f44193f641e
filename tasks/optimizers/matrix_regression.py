"""Fit a matrix between correlated inputs and correlated outputs, from noisy batches.

Isolates a curvature that is a Kronecker product. With inputs of covariance A and outputs weighted by B the loss is

    f(W) = 0.5 |A^(1/2) (W - W*) B^(1/2)|^2        gradient A (W - W*) B, Hessian B (x) A

so a rule that rescales rows and columns of the gradient in the right bases undoes it with two small matrices. A
diagonal rule can do so only where the bases are the axes: `rotated=false`. What is minimised is known exactly.
400 steps.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.descent import Problem, Start
from toybench.blocks.random import normals
from toybench.tasks.optimizers import Optimizer

TARGET = 0.1  # standard deviation of an entry of W*, so that rates that suit networks suit this task
NOISE = 0.01  # standard deviation of the noise of an output
LEAST = 1e-12  # smaller losses count as this much


@dataclass(frozen=True)
class MatrixProblem(Problem):
    """Half the squared residual of a linear map [r, c], outputs weighted by B^(1/2)."""

    roles = ("linear",)

    def losses(self, weights: dict[str, jax.Array], batch: "Examples") -> jax.Array:
        residual = batch.inputs @ weights["map"] @ batch.mix - batch.targets
        return 0.5 * (residual**2).sum(-1)


class Examples(NamedTuple):
    """A batch: inputs [b, r], weighted outputs with noise [b, c], and the public weighting B^(1/2) [c, c]."""

    inputs: jax.Array
    targets: jax.Array
    mix: jax.Array


class World(NamedTuple):
    """The roots A^(1/2) [r, r] and B^(1/2) [c, c], and the map W* [r, c]."""

    left: jax.Array
    right: jax.Array
    target: jax.Array


class MatrixRegression(Task):
    """Linear regression with matrix weights; r = c = `size`."""

    size: int = 20  # rows and columns
    condition: float = 50.0  # largest eigenvalue over the smallest, of A and of B; their spectra are geometric
    rotated: bool = True  # false: A and B are diagonal
    batch: int = 16  # examples a step

    interface = Optimizer
    steps = 400
    checkpoints = 8
    metrics = {
        "log10_loss": Metric("min", "log10 of the exact loss f(W), noise left out"),
        "distance": Metric("min", "root mean square of W - W*"),
    }

    @property
    def spec(self) -> MatrixProblem:
        return MatrixProblem()

    def sample(self, key: jax.Array) -> World:
        square = (self.size, self.size)
        drawn = normals(key, left=square, right=square, target=square)
        return World(
            left=root(drawn["left"], self.condition, self.rotated),
            right=root(drawn["right"], self.condition, self.rotated),
            target=TARGET * drawn["target"],
        )

    def given(self, world: World) -> Start:
        """Everything starts at 0."""
        return Start(weights={"map": jnp.zeros_like(world.target)})

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Examples]:
        """Fresh inputs, with their noisy outputs."""
        drawn = normals(key, inputs=(self.batch, self.size), noise=(self.batch, self.size))
        inputs = drawn["inputs"] @ world.left
        targets = inputs @ world.target @ world.right + NOISE * drawn["noise"]
        return world, Examples(inputs=inputs, targets=targets, mix=world.right)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        gap = learner.weights()["map"] - world.target
        loss = 0.5 * ((world.left @ gap @ world.right) ** 2).sum()
        return {"log10_loss": jnp.log10(jnp.maximum(loss, LEAST)), "distance": jnp.sqrt((gap**2).mean())}

    def floor(self, world: World) -> Any:
        """Never moves."""
        return SimpleNamespace(weights=lambda: {"map": jnp.zeros_like(world.target)})

    def oracle(self, world: World) -> Any:
        """Knows W*."""
        return SimpleNamespace(weights=lambda: {"map": world.target})


def root(noise: jax.Array, condition: jax.Array | float, rotated: bool) -> jax.Array:
    """Square root [d, d] of a matrix of determinant 1 with this condition, in the basis of a normal draw [d, d]."""
    count = noise.shape[0]
    values = condition ** jnp.linspace(-0.25, 0.25, count)
    basis = jnp.linalg.qr(noise)[0] if rotated else jnp.eye(count)
    return (basis * values[None]) @ basis.T
