"""The neural acquisition process without its auxiliary task: reinforcement learning alone.

**Source**: ablation of Maraval, Zimmer, Grosnit and Bou Ammar, "End-to-End Meta-Bayesian Optimisation with Transformer
Neural Processes", 2023, https://arxiv.org/abs/2305.15930 (NAP without the supervised loss).

    loss = policy loss of the acquisition head

**Differs from the paper**: 1. as for `nap`.

**Shapes**: b curves, k grid points.
"""

from typing import Any

import jax

from toybench.methods.bandits._curves import LearnedOptimizer, State, greedy, policy_loss, sampled
from toybench.tasks.bandits.related_curves import Episode


class NAPRLOnly(LearnedOptimizer):
    """The same network, the same curves, the same number of updates."""

    def loss(self, params: Any, batch: Episode) -> jax.Array:
        return policy_loss(self.answers(params, batch), batch)

    def explore(self, state: State, seen: jax.Array, values: jax.Array, key: jax.Array) -> jax.Array:
        return sampled(self.ask(state, seen, values)[2], seen, key)

    def propose(self, state: State, seen: jax.Array, values: jax.Array, key: jax.Array) -> jax.Array:
        return greedy(self.ask(state, seen, values)[2], seen)
