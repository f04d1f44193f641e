"""Exponential weights on the plain estimates: no mixing, no bonus.

**Source**: Neu, Gyorgy and Szepesvari, "The Online Loop-free Stochastic Shortest-Path Problem", 2010 (exponential
weights in every state), from memory; the humble control.

    policy(. | x) in proportion to exp(-eta sum_k Q^_k(x, .))

**Differs from the paper**: 1. linear estimates instead of tables. 2. eta is a tuned multiple of K^(-1/2).

**Shapes**: n instances, H steps, S states, A actions, K episodes.
"""

import jax

from toybench.methods.tabular_exploration._linear import PolicyOptimizer, estimated, hedge
from toybench.tasks.tabular_exploration import Episode, Simulator


class ExpWeights(PolicyOptimizer):
    """What theory warns of: estimates may be arbitrarily negative."""

    eta: float = 3.0  # learning rate times the root of the number of episodes, above 0

    deterministic = True
    space = {"eta": (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)}

    def estimate(self, simulator: Simulator, policy: jax.Array, batch: Episode) -> jax.Array:
        return estimated(simulator, policy, batch).q

    def respond(self, total: jax.Array) -> jax.Array:
        return hedge(total, self.eta / max(self.steps, 1) ** 0.5)
