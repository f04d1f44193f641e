"""The next state of a point that circles at one of two hidden speeds.

Isolates what a prediction by descent on an energy adds to a direct one: error by steps of descent, and whether the
energy of its own answer tells how wrong that is. The point is seen with all its noise, so that the exact law of the
next state is a mixture over the two speeds; its mean is the oracle. Floor: nothing moves.
"""

from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.blocks.probes import auc, spearman
from toybench.tasks.dynamics_models import (
    Contexts,
    Moves,
    Plane,
    at_speed,
    expected,
    log_density,
    noise_from,
    speed_law,
    squared_error,
    turned,
)

MILD = 0.4  # angle of a wrong state, in radians: two deviations of the larger noise
GROSS = 1.2  # and of one that is far off


class NextState(Plane):
    """One future, but for noise and the hidden speed."""

    metrics = {
        "mse": Metric("min", "mean squared distance from the state that follows"),
        "plausibility_auc": Metric("max", "chance that the true state is more plausible than one at a wrong angle"),
        "error_correlation": Metric("max", "rank correlation of the plausibility of its own answer with - its error"),
    }

    def expect(self, here: jax.Array, speed: jax.Array, uniform: jax.Array) -> jax.Array:
        return at_speed(here, speed)

    def sample(self, key: jax.Array) -> Moves:
        """The test set."""
        return self.moves(key, self.tests)

    def evaluate(self, world: Moves, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        contexts = world.contexts
        answer = learner.next(contexts, key)
        error = squared_error(answer, world.after)
        number = jnp.arange(self.tests)
        angle = jnp.where(number % 2 == 0, MILD, GROSS) * jnp.where(number % 4 < 2, 1.0, -1.0)
        wrong = turned(world.after, angle)
        scores = jnp.concatenate([learner.plausibility(contexts, y) for y in (world.after, wrong)])
        truth = jnp.concatenate([jnp.ones(self.tests), jnp.zeros(self.tests)])
        return {
            "mse": error.mean(),
            "plausibility_auc": auc(scores, truth),
            "error_correlation": spearman(learner.plausibility(contexts, answer), -error),
        }

    def floor(self, world: Moves) -> Any:
        """The last state, as plausible as it is near."""

        def stay(contexts: Contexts, key: jax.Array) -> jax.Array:
            return contexts.states[:, -1]

        def plausibility(contexts: Contexts, after: jax.Array) -> jax.Array:
            return -squared_error(after, contexts.states[:, -1])

        return SimpleNamespace(next=stay, plausibility=plausibility)

    def oracle(self, world: Moves) -> Any:
        """The mean of the exact law, and its density."""

        def mean(contexts: Contexts, key: jax.Array) -> jax.Array:
            chances = jnp.exp(speed_law(contexts.states))
            return (chances[..., None] * expected(contexts.states[:, -1])).sum(-2)

        def plausibility(contexts: Contexts, after: jax.Array) -> jax.Array:
            here = contexts.states[:, -1]
            likely = log_density(after[:, None, :], expected(here), noise_from(here)[:, None])
            return jax.nn.logsumexp(speed_law(contexts.states) + likely, axis=-1)

        return SimpleNamespace(next=mean, plausibility=plausibility)
