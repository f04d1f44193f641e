"""Predict the next response of a linear model, round after round, without choosing anything.

Isolates what a confidence set of a linear bandit rests on: how much a regularised leader loses to the true model when
only the noise is to blame. Theory: sigma^2 d log T, so that from round T / 8 to T the loss grows by sigma^2 d log 8,
whatever T; what is lost before that depends on the regularisation too, and is left out. Inputs are drawn from N(0, I)
each round, |theta| = 1, 32 instances. Losses are expected over the noise of the round that is predicted.
"""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.bandits import Forecaster, Known
from toybench.tasks.bandits._linear import LinearRound, LinearSpec


class World(NamedTuple):
    """Parameters [n, d]; the loss so far and the part of it after an eighth of the rounds, [n]; the round."""

    theta: jax.Array
    regret: jax.Array
    late: jax.Array
    step: jax.Array


class OnlineRegression(Task):
    """Response x . theta + sigma z."""

    sigma: float = 1.0  # standard deviation of the noise

    dim: int = 8
    instances: int = 32
    steps: int = 2048  # type: ignore[misc]  # rounds

    interface = Forecaster
    kind = "interactive"
    checkpoints = 8
    metrics = {
        "prediction_regret": Metric("min", "sum of squared errors of the predicted mean, mean over instances"),
        "growth_ratio": Metric("min", "what was lost after an eighth of the rounds, over sigma^2 d log 8"),
    }

    @property
    def spec(self) -> LinearSpec:
        return LinearSpec(self.instances, self.dim, noise=float(self.sigma), quietest=float(self.sigma))

    def sample(self, key: jax.Array) -> World:
        z = jax.random.normal(key, (self.instances, self.dim))
        zero = jnp.zeros(self.instances)
        theta = z / jnp.linalg.norm(z, axis=-1, keepdims=True)
        return World(theta=theta, regret=zero, late=zero, step=jnp.zeros((), jnp.int32))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, LinearRound]:
        z = jax.random.normal(key, (self.instances, self.dim + 1))
        x = z[:, :-1]
        mean = (x * world.theta).sum(-1)
        error = (learner.predict(x) - mean) ** 2
        late = (8 * world.step >= self.steps).astype(jnp.float32)
        world = world._replace(regret=world.regret + error, late=world.late + late * error, step=world.step + 1)
        return world, LinearRound(x=x, response=mean + self.sigma * z[:, -1], sigma=jnp.full(len(x), self.sigma))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        return self.judge(world.regret.mean(), world.late.mean())

    def judge(self, regret: Any, late: Any) -> dict[str, jax.Array]:
        return {"prediction_regret": regret, "growth_ratio": late / (self.sigma**2 * self.dim * math.log(8))}

    def floor(self, world: World) -> Known:
        """0 for every input: it loses |theta|^2 = 1 a round."""
        return Known(self.judge(jnp.asarray(float(self.steps)), self.steps * 7 / 8))

    def oracle(self, world: World) -> Known:
        """The true model."""
        return Known(self.judge(jnp.zeros(()), 0.0))
