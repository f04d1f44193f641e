"""Predict a linear stream whose features differ in scale by a factor of thirty, at thirteen learning rates at once.

Isolates how much the choice of the rate matters. Features have scales 10^U(-0.75, 0.75) and the label has variance 1,
so that no rate suits all of them and the right decade is not known beforehand. 10 features, 1,000 rounds, noise 0.1; a
rate that diverges counts as a mean loss of 1e6. A prediction is paid for before its label is shown.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.tasks.online_learning import Example, Forecaster, Known, losses
from toybench.tasks.online_learning._streams import LARGEST_LOSS, RATES, Stream, StreamTask


class World(NamedTuple):
    """The stream, and the sum of losses so far [r]."""

    stream: Stream
    total: jax.Array


class ScaledStream(StreamTask):
    """Mean losses over the sweep, on a logarithmic scale."""

    interface = Forecaster
    checkpoints = 5
    metrics = {
        "log_loss_over_rates": Metric("min", "log10 of the mean loss, capped at 1e6, mean over the rates"),
        "best_log_loss": Metric("min", "log10 of the mean loss at the best rate of the sweep"),
        "regret": Metric("min", "sum of losses at the best rate of the sweep, less that of the best fixed weights"),
    }

    def sample(self, key: jax.Array) -> World:
        return World(stream=self.stream(key), total=jnp.zeros(len(RATES)))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Example]:
        example = world.stream.example()
        paid = losses(self.loss, learner.predict(example.x), example.y)
        stream = world.stream._replace(step=world.stream.step + 1)
        return World(stream=stream, total=world.total + paid), example

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        if isinstance(learner, Known):
            return learner.metrics
        rounds = jnp.maximum(world.stream.step, 1).astype(jnp.float32)
        return self.judge(world, world.total / rounds, rounds)

    def judge(self, world: World, mean: jax.Array, rounds: Any) -> dict[str, jax.Array]:
        """The metrics of mean losses [r]. Before the first round there are none, and the smallest number stands in."""
        logs = jnp.log10(jnp.clip(mean, 1e-12, LARGEST_LOSS))
        best = jnp.minimum(mean.min(), LARGEST_LOSS)
        regret = rounds * (best - self.least(world.stream))
        return {"log_loss_over_rates": logs.mean(), "best_log_loss": logs.min(), "regret": regret}

    def floor(self, world: World) -> Known:
        """Weights 0."""
        paid = losses(self.loss, jnp.zeros(self.steps), world.stream.y).mean()
        return Known(self.judge(world, paid * jnp.ones(len(RATES)), self.steps))

    def oracle(self, world: World) -> Known:
        """The best fixed weights in hindsight."""
        return Known(self.judge(world, self.least(world.stream) * jnp.ones(len(RATES)), self.steps))
