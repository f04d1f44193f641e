"""A neural process trained to predict, with expected improvement as it stands.

**Source**: Nguyen and Grover, "Transformer Neural Processes: Uncertainty-Aware Meta Learning Via Sequence Modeling",
2022, https://arxiv.org/abs/2207.04179; with expected improvement a baseline of Maraval et al., 2023.

    loss = negative log likelihood;   look = argmax E max(y - best, 0)

**Differs from the paper**: 1. the network is that of `nap`. 2. looks of training are uniformly random, so that what it
is conditioned on is not its own choice.

**Shapes**: b curves, k grid points.
"""

from typing import Any

import jax

from toybench.methods.bandits._curves import (
    LearnedOptimizer,
    State,
    best_seen,
    expected_improvement,
    greedy,
    likelihood_loss,
    sampled,
)
from toybench.tasks.bandits.related_curves import Episode


class TNPEI(LearnedOptimizer):
    """Predicts well; where to look is not learned."""

    def loss(self, params: Any, batch: Episode) -> jax.Array:
        return likelihood_loss(self.answers(params, batch), batch)

    def explore(self, state: State, seen: jax.Array, values: jax.Array, key: jax.Array) -> jax.Array:
        return sampled(0.0 * seen, seen, key)

    def propose(self, state: State, seen: jax.Array, values: jax.Array, key: jax.Array) -> jax.Array:
        mean, deviation, _ = self.ask(state, seen, values)
        return greedy(expected_improvement(mean, deviation, best_seen(seen, values)), seen)
