"""Streams of linear examples whose features have very different scales, and the best fixed weights for each."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Task
from toybench.blocks import random
from toybench.errors import UsageError
from toybench.tasks.online_learning import Example, StreamSpec, losses

LOSSES = ("squared", "absolute", "hinge")
NOISE = 0.1  # of a label whose signal has variance 1
DECADES = 0.75  # a feature's scale is 10^U(-0.75, 0.75)
RATES = tuple(10.0 ** (i / 2) for i in range(-6, 7))  # half a decade apart, from 0.001 to 1000
LARGEST_LOSS = 1e6  # a diverging rate counts as this mean loss, or one rate would decide the mean over rates
SMOOTHING = tuple(10.0 ** -(i / 8) for i in range(33))  # of kinks, from 1 to 1e-4, one Newton step each
DAMPING = 1e-6  # of Newton's steps


class Stream(NamedTuple):
    """A whole stream: inputs [T, d], labels [T], the best fixed weights [d], and the round now."""

    x: jax.Array
    y: jax.Array
    best: jax.Array
    step: jax.Array

    def example(self) -> Example:
        """What comes this round."""
        return Example(x=self.x[self.step], y=self.y[self.step])


class StreamTask(Task):
    """A stationary linear law with labels of variance about 1, whatever the scales of its features."""

    loss: str = "squared"  # squared, absolute or hinge; for hinge the label is its sign
    dim: int = 10  # features
    steps: int = 1000  # type: ignore[misc]  # rounds

    kind = "interactive"

    @property
    def spec(self) -> StreamSpec:
        if self.loss not in LOSSES:
            raise UsageError(f"loss is {self.loss!r}; use one of {', '.join(LOSSES)}.")
        return StreamSpec(dim=self.dim, loss=self.loss, rates=RATES)

    def stream(self, key: jax.Array) -> Stream:
        """All rounds at once, and the weights that do best on them."""
        exponents, normal = jax.random.split(key)
        scale = 10 ** jax.random.uniform(exponents, (self.dim,), minval=-DECADES, maxval=DECADES)
        drawn = random.normals(normal, z=(self.steps, self.dim), noise=(self.steps,), target=(self.dim,))
        x = drawn["z"] * scale[None]
        y = x @ drawn["target"] / jnp.linalg.norm(scale) + NOISE * drawn["noise"]
        y = jnp.sign(y) if self.loss == "hinge" else y
        best = best_fixed(self.loss, drawn["z"], y) / scale
        return Stream(x=x, y=y, best=best, step=jnp.zeros((), jnp.int32))

    def least(self, stream: Stream) -> jax.Array:
        """Mean loss [] of the best fixed weights."""
        return losses(self.loss, stream.x @ stream.best, stream.y).mean()


def best_fixed(kind: str, z: jax.Array, y: jax.Array) -> jax.Array:
    """Weights [d] of the least sum of losses on inputs [T, d] of equal scales, by damped Newton steps.

    The kink is rounded off to a hyperbola that sharpens from step to step; the squared loss needs one step.
    """

    def newton(w: jax.Array, width: jax.Array) -> tuple[jax.Array, None]:
        slope, curve = smooth(kind, z @ w, y, width)
        hessian = (z * curve[:, None]).T @ z + DAMPING * len(z) * jnp.eye(z.shape[1])
        step = jnp.linalg.solve(hessian, z.T @ slope)
        return w - step / jnp.maximum(1.0, jnp.linalg.norm(step)), None

    found, _ = jax.lax.scan(newton, jnp.zeros(z.shape[1]), jnp.asarray(SMOOTHING))
    return found


def smooth(kind: str, score: jax.Array, y: jax.Array, width: Any) -> tuple[jax.Array, jax.Array]:
    """First and second derivatives of a loss whose kink is a hyperbola of this width, elementwise."""
    match kind:
        case "squared":
            return score - y, jnp.ones_like(score)
        case "absolute":
            root = jnp.sqrt((score - y) ** 2 + width**2)
            return (score - y) / root, width**2 / root**3
        case _:
            short = 1 - y * score
            root = jnp.sqrt(short**2 + width**2)
            return -0.5 * y * (1 + short / root), 0.5 * width**2 / root**3
