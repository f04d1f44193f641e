"""Track regression weights that stand still, walk for a while, and stand still again: what should the step size do?

Isolates the schedule of online gradient descent. Inputs are N(0, I_10), noise 0.5, 1,000 rounds; the weights start at
N(0, I) and walk by 0.1 a coordinate in rounds 300 to 500. The error |w - theta|^2 is twice the regret of a round. With
Gaussian inputs the expected error v of gradient descent obeys an exact recursion, whatever the steps eta:

    v' = v (1 - 2 eta + eta^2 (d + 2)) + eta^2 d sigma^2 + d gamma^2

v' grows with v, so that the best eta of a round, v / (v (d + 2) + d sigma^2), is the best schedule, too. 64 streams.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks import random
from toybench.tasks.online_learning import DriftSpec, Example, Known, Tracker

NOISE = 0.5  # standard deviation of a label's noise
SPREAD = 1.0  # of a coordinate of the first weights
CALM = 0.25  # share of the rounds from which on steps are measured, until the walk begins
START = 0.3  # share of the rounds after which the walk begins
END = 0.5  # share of the rounds after which it ends


class World(NamedTuple):
    """The streams, all rounds of them, and what a learner did so far.

    Attributes:
      x: inputs [T, n, d].
      y: labels [T, n].
      theta: true weights [T, n, d].
      step: the round.
      before: a learner's weights in the round before, [n, d].
      error: sum of squared distances so far, [n].
      moved: how far its weights moved, summed over the calm before the walk and over the walk, [2].
      pushed: length of the gradients, likewise, [2].
    """

    x: jax.Array
    y: jax.Array
    theta: jax.Array
    step: jax.Array
    before: jax.Array
    error: jax.Array
    moved: jax.Array
    pushed: jax.Array


class DriftingRegression(Task):
    """The walk's step size is the strength of the shift."""

    drift: float = 0.1  # standard deviation of a coordinate's step while the weights walk

    streams: int = 64
    dim: int = 10
    steps: int = 1000  # type: ignore[misc]  # rounds

    interface = Tracker
    kind = "interactive"
    checkpoints = 10
    metrics = {
        "cumulative_error": Metric("min", "sum of |w - theta|^2 over the rounds, mean over streams"),
        "curve_gap": Metric("info", "cumulative error over that of the best schedule's recursion, less 1"),
        "burst_ratio": Metric("info", "step size (move over gradient) in the walk over that just before it"),
    }

    @property
    def spec(self) -> DriftSpec:
        return DriftSpec(
            streams=self.streams,
            dim=self.dim,
            noise=NOISE,
            spread=SPREAD,
            start=round(START * self.steps),
            end=round(END * self.steps),
            drift=float(self.drift),
        )

    def sample(self, key: jax.Array) -> World:
        shape = (self.steps, self.streams)
        drawn = random.normals(
            key,
            x=(*shape, self.dim),
            walk=(*shape, self.dim),
            noise=shape,
            first=(self.streams, self.dim),
        )
        walked = jnp.cumsum(drawn["walk"] * self.walks(jnp.arange(self.steps))[:, None, None], axis=0)
        theta = SPREAD * drawn["first"][None] + jnp.concatenate([jnp.zeros_like(walked[:1]), walked[:-1]])
        y = (drawn["x"] * theta).sum(-1) + NOISE * drawn["noise"]
        return World(
            x=drawn["x"],
            y=y,
            theta=theta,
            step=jnp.zeros((), jnp.int32),
            before=jnp.zeros((self.streams, self.dim)),
            error=jnp.zeros(self.streams),
            moved=jnp.zeros(2),
            pushed=jnp.zeros(2),
        )

    def walks(self, step: jax.Array) -> jax.Array:
        """Standard deviation of a coordinate's step after these rounds."""
        walking = (step >= round(START * self.steps)) & (step < round(END * self.steps))
        return self.drift * walking.astype(jnp.float32)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Example]:
        world = self.account(world, learner.weights())
        example = Example(x=world.x[world.step - 1], y=world.y[world.step - 1])
        return world, example

    def account(self, world: World, weights: jax.Array) -> World:
        """The world after a round that was predicted with these weights [n, d]."""
        last = jnp.maximum(world.step - 1, 0)
        x = world.x[last]
        residual = world.y[last] - (world.before * x).sum(-1)
        push = (jnp.abs(residual) * jnp.linalg.norm(x, axis=-1)).sum()
        move = jnp.linalg.norm(weights - world.before, axis=-1).sum()
        calm = (last >= round(CALM * self.steps)) & (last < round(START * self.steps))
        walk = (last >= round(START * self.steps)) & (last < round(END * self.steps))
        phase = jnp.stack([calm, walk]).astype(jnp.float32)
        error = ((weights - world.theta[world.step]) ** 2).sum(-1)
        return world._replace(
            step=world.step + 1,
            before=weights,
            error=world.error + error,
            moved=world.moved + phase * move,
            pushed=world.pushed + phase * push,
        )

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        return self.judge(world)

    def judge(self, world: World) -> dict[str, jax.Array]:
        """The metrics so far. Where nothing has moved yet, all steps count as equal."""
        rate = (world.moved + 1e-12) / (world.pushed + 1e-12)
        error = world.error.mean()
        curve = jnp.cumsum(self.curve())[jnp.maximum(world.step - 1, 0)]
        return {"cumulative_error": error, "curve_gap": error / curve - 1, "burst_ratio": rate[1] / rate[0]}

    def curve(self) -> jax.Array:
        """Expected error [T] of gradient descent with the best steps."""

        def advance(v: jax.Array, step: jax.Array) -> tuple[jax.Array, jax.Array]:
            eta = best_step(v, self.dim, NOISE)
            return expected_error(v, eta, self.dim, NOISE, self.walks(step)), v

        _, curve = jax.lax.scan(advance, jnp.asarray(self.dim * SPREAD**2), jnp.arange(self.steps))
        return curve

    def floor(self, world: World) -> Known:
        """Weights 0."""
        error = (world.theta**2).sum((0, 2)).mean()
        gap = error / self.curve().sum() - 1
        return Known({"cumulative_error": error, "curve_gap": gap, "burst_ratio": jnp.ones(())})

    def oracle(self, world: World) -> Known:
        """The Kalman filter that knows the law: no estimate from the past has a smaller expected error."""

        def advance(carry: tuple[World, jax.Array, jax.Array], _: None) -> tuple[Any, None]:
            world, weights, covariance = carry
            x = world.x[world.step]
            y = world.y[world.step]
            walk = self.walks(world.step)
            world = self.account(world, weights)
            weights, covariance = kalman_step(weights, covariance, x, y, walk)
            return (world, weights, covariance), None

        weights = jnp.zeros((self.streams, self.dim))
        covariance = jnp.broadcast_to(SPREAD**2 * jnp.eye(self.dim), (self.streams, self.dim, self.dim))
        (world, _, _), _ = jax.lax.scan(advance, (world, weights, covariance), None, length=self.steps)
        return Known(self.judge(world))


def best_step(v: jax.Array, dim: int, noise: Any) -> jax.Array:
    """The step size with the least expected error after it, where the expected error is v."""
    return v / (v * (dim + 2) + dim * noise**2)


def expected_error(v: jax.Array, eta: jax.Array, dim: int, noise: Any, walk: jax.Array) -> jax.Array:
    """Expected error after a step of size eta and a walk, from an expected error v."""
    return v * (1 - 2 * eta + eta**2 * (dim + 2)) + eta**2 * dim * noise**2 + dim * walk**2


def kalman_step(
    weights: jax.Array, covariance: jax.Array, x: jax.Array, y: jax.Array, walk: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Weights [n, d] and covariances [n, d, d] after the examples x [n, d], y [n] and a walk."""
    along = jnp.einsum("nij,nj->ni", covariance, x)
    gain = along / ((along * x).sum(-1) + NOISE**2)[:, None]
    residual = y - (weights * x).sum(-1)
    after = covariance - gain[:, :, None] * along[:, None, :] + walk**2 * jnp.eye(x.shape[-1])[None]
    return weights + gain * residual[:, None], after
