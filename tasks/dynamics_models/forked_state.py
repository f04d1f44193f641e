"""A point that leaps a quarter turn to the left or to the right, with equal chance.

Isolates several futures: their mean is none of them. A learner draws eight answers for a context, which are scored
together: near to what follows, and apart from one another. The energy score has its least mean at the exact law, which
is the oracle. Floor: the last state.
"""

import math
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Metric
from toybench.blocks.probes import auc
from toybench.tasks.dynamics_models import (
    Contexts,
    Moves,
    Plane,
    log_density,
    noise_from,
    pulled,
    squared_error,
    turned,
)

SIDES = (math.pi / 2, -math.pi / 2)  # angles of a leap, in radians
DRAWS = 8  # answers for a context
WRONG = math.pi / 4  # angle of a wrong state, half a leap off


class ForkedState(Plane):
    """Two futures."""

    metrics = {
        "energy_score": Metric("min", "mean distance of an answer from what follows, less half of that of two answers"),
        "best_of_8": Metric("info", "mean squared distance of the nearest of 8 answers from the state that follows"),
        "mean_error": Metric("info", "mean squared distance of all answers from it"),
        "plausibility_auc": Metric("max", "chance that the true state is more plausible than one half a leap off"),
    }

    def expect(self, here: jax.Array, speed: jax.Array, uniform: jax.Array) -> jax.Array:
        side = jnp.where(uniform < 1 / len(SIDES), *SIDES)
        return turned(pulled(here), side)

    def sample(self, key: jax.Array) -> Moves:
        """The test set."""
        return self.moves(key, self.tests)

    def evaluate(self, world: Moves, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        contexts = world.contexts
        keys = jax.random.split(key, DRAWS)
        answers = jax.vmap(lambda each: learner.next(contexts, each))(keys)
        error = squared_error(answers, world.after[None])
        apart = jnp.sqrt(squared_error(answers[:, None], answers[None])).sum((0, 1)) / (DRAWS * (DRAWS - 1))
        wrong = turned(world.after, jnp.where(jnp.arange(self.tests) % 2 == 0, WRONG, -WRONG))
        scores = jnp.concatenate([learner.plausibility(contexts, y) for y in (world.after, wrong)])
        truth = jnp.concatenate([jnp.ones(self.tests), jnp.zeros(self.tests)])
        return {
            "energy_score": (jnp.sqrt(error).mean(0) - apart / 2).mean(),
            "best_of_8": error.min(0).mean(),
            "mean_error": error.mean(),
            "plausibility_auc": auc(scores, truth),
        }

    def floor(self, world: Moves) -> Any:
        """The last state, as plausible as it is near."""

        def stay(contexts: Contexts, key: jax.Array) -> jax.Array:
            return contexts.states[:, -1]

        def plausibility(contexts: Contexts, after: jax.Array) -> jax.Array:
            return -squared_error(after, contexts.states[:, -1])

        return SimpleNamespace(next=stay, plausibility=plausibility)

    def oracle(self, world: Moves) -> Any:
        """A draw from the exact law, and its density."""

        def fork(contexts: Contexts) -> jax.Array:
            here = pulled(contexts.states[:, -1])
            return jnp.stack([turned(here, side) for side in SIDES], axis=1)

        def draw(contexts: Contexts, key: jax.Array) -> jax.Array:
            count = len(contexts.states)
            normal = jax.random.normal(key, (count, 3))  # the side, and noise
            mean = jnp.where(normal[:, :1] < 0, fork(contexts)[:, 0], fork(contexts)[:, 1])
            return mean + noise_from(contexts.states[:, -1])[:, None] * normal[:, 1:]

        def plausibility(contexts: Contexts, after: jax.Array) -> jax.Array:
            return jax.nn.logsumexp(
                log_density(after[:, None, :], fork(contexts), noise_from(contexts.states[:, -1])[:, None]), axis=-1
            )

        return SimpleNamespace(next=draw, plausibility=plausibility)
