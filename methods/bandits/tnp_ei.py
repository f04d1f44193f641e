"""A neural process trained to predict, with expected improvement as it stands.

**Source**: Nguyen and Grover, "Transformer Neural Processes: Uncertainty-Aware Meta Learning Via Sequence Modeling",
2022, https://arxiv.org/abs/2207.04179; with expected improvement a baseline of Maraval et al., 2023.

    loss = negative log likelihood;   look = argmax E max(y - best, 0)

**Differs from the paper**: 1. the network is that of `nap`. 2. looks of training are uniformly random, so that what it
is conditioned on is not its own choice.

**Shapes**: b curves, k grid points.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._curves import LearnedOptimizer, State, best_seen, expected_improvement
from toybench.tasks.bandits.related_curves import Episode


class TNPEI(LearnedOptimizer):
    """Predicts well; where to look is not learned."""

    reinforce: float = 0.0  # weight of the policy loss: none

    def update(self, state: State, batch: Episode, key: jax.Array) -> State:
        random = jax.lax.top_k(jax.random.uniform(key, batch.values.shape), self.spec.looks)[1]
        return super().update(state, batch._replace(chosen=random), key)

    def propose(self, state: State, seen: jax.Array, values: jax.Array, key: jax.Array) -> jax.Array:
        mean, deviation, _ = self.ask(state, seen, values)
        gain = expected_improvement(mean, deviation, best_seen(seen, values))
        return jnp.argmax(jnp.where(seen > 0, -1.0, gain), axis=-1)
