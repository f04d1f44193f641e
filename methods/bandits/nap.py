"""A neural process that is trained to look where it pays, and at the same time to predict what it will see.

**Source**: Maraval, Zimmer, Grosnit and Bou Ammar, "End-to-End Meta-Bayesian Optimisation with Transformer Neural
Processes", 2023, https://arxiv.org/abs/2305.15930 (NAP; the authors' repository was
read).

    loss = policy loss of the acquisition head + lam * negative log likelihood of the prediction head
    policy: softmax over candidates of the acquisition head, given the points seen; the best score when it is judged

**Differs from the paper**: 1. REINFORCE with a per-look baseline in the place of PPO, one update a batch. 2. the reward
of a look is the improvement from there on, noise-free. 3. likelihoods are Gaussian, conditioned on the policy's own
looks. 4. candidates are the points of one grid, for which the heads answer at once, where the paper's
transformer has a token for each; the points seen are read by one attention layer.

**Shapes**: b curves, k grid points.
"""

from typing import Any

import jax

from toybench.methods.bandits._curves import (
    LearnedOptimizer,
    State,
    greedy,
    likelihood_loss,
    policy_loss,
    sampled,
)
from toybench.tasks.bandits.related_curves import Episode


class NAP(LearnedOptimizer):
    """One network, two heads, both losses."""

    likelihood: float = 1.0  # weight of the negative log likelihood

    paper = "maraval2023endtoend"

    def loss(self, params: Any, batch: Episode) -> jax.Array:
        answers = self.answers(params, batch)
        return policy_loss(answers, batch) + self.likelihood * likelihood_loss(answers, batch)

    def explore(self, state: State, seen: jax.Array, values: jax.Array, key: jax.Array) -> jax.Array:
        return sampled(self.ask(state, seen, values)[2], seen, key)

    def propose(self, state: State, seen: jax.Array, values: jax.Array, key: jax.Array) -> jax.Array:
        return greedy(self.ask(state, seen, values)[2], seen)
