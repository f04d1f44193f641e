"""How the gradient grows from the last layer to the first, in two hundred untrained layers.

Isolates the price of batch normalisation: as many units as points, layers of one kind, no training. The gradient of a
random linear read-out is taken by every layer's weights; its norm's growth a layer is the slope of a line through the
logarithms. The quarter of the layers next to the input is left out: there the outputs still become orthogonal.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import normals
from toybench.tasks.trainability import Stack, StackSpec

SKIPPED = 0.25  # share of the layers, next to the input, that the slope leaves out
LEAST = 1e-30  # norms and eigenvalues count as this much at least
SATURATION = 1.2  # the floor's weights are this times the identity: tanh then has a fixed point where it is flat


class Batch(NamedTuple):
    """Inputs and the weights of the read-out, both [n, n]."""

    x: jax.Array
    readout: jax.Array


class GradientDepth(Task):
    """Growth of the gradient, and how far the outputs are from orthogonal."""

    depth: int = 200  # layers
    width: int = 24  # units of a layer, and points of the batch

    interface = Stack
    steps = 0
    metrics = {
        "gradient_growth": Metric(direction="zero", about="growth of log |dL/dW| a layer, from the last to the first"),
        "isometry_gap": Metric(direction="min", about="log of the arithmetic over the geometric mean of the outputs' "
                                                      "Gram eigenvalues"),
    }  # fmt: skip

    @property
    def spec(self) -> StackSpec:
        return StackSpec(depth=self.depth, width=self.width)

    def sample(self, key: jax.Array) -> Batch:
        """Normal inputs and a normal read-out."""
        square = (self.width, self.width)
        return Batch(**normals(key, x=square, readout=square))

    def evaluate(self, world: Batch, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        weights = learner.layers()
        slopes = jax.grad(lambda w: (learner.apply(w, world.x) * world.readout).mean())(weights)
        outputs = learner.apply(weights, world.x)
        return {
            "gradient_growth": growth(log_norms(slopes)),
            "isometry_gap": isometry_gap(outputs @ outputs.T),
        }

    def floor(self, world: Batch) -> Any:
        """Units that saturate: the gradient vanishes towards the first layer."""
        weights = SATURATION * jnp.broadcast_to(jnp.eye(self.width), (self.depth, self.width, self.width))
        apply = lambda layers, x: jax.lax.scan(lambda h, w: (jnp.tanh(h @ w), None), x, layers)[0]  # noqa: E731
        return SimpleNamespace(layers=lambda: weights, apply=apply)


def log_norms(slopes: jax.Array) -> jax.Array:
    """Logs of the Frobenius norms [l] of matrices [l, n, n], also of those whose squares no float32 holds."""
    largest = jnp.maximum(jnp.abs(slopes).max((1, 2)), LEAST)
    return jnp.log(largest) + 0.5 * jnp.log(((slopes / largest[:, None, None]) ** 2).sum((1, 2)))


def growth(logs: jax.Array) -> jax.Array:
    """Least-squares slope of log norms [l] from the last layer to the first, without those next to the input."""
    kept = logs[int(SKIPPED * len(logs)) :]
    place = jnp.arange(len(kept), dtype=kept.dtype)
    place = place - place.mean()
    return -(place * kept).sum() / (place**2).sum()


def isometry_gap(gram: jax.Array) -> jax.Array:
    """Log of the arithmetic mean of a Gram matrix' eigenvalues less the mean of their logs: 0 for a multiple of I."""
    values = jnp.maximum(jnp.linalg.eigvalsh(gram), LEAST)
    return jnp.log(values.mean()) - jnp.log(values).mean()
