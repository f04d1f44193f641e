"""A neural process that is trained to look where it pays, and at the same time to predict what it will see.

**Source**: Maraval, Zimmer, Grosnit and Bou Ammar, "End-to-End Meta-Bayesian Optimisation with Transformer Neural
Processes", 2023, https://arxiv.org/abs/2305.15930 (NAP).

    loss = policy loss of the acquisition head + lam * negative log likelihood of the prediction head
    policy: softmax over candidates of the acquisition head, given the points seen

**Differs from the paper**: 1. REINFORCE with a per-look baseline in the place of PPO, one update a batch. 2. the reward
of a look is the improvement from there on, noise-free. 3. likelihoods are Gaussian, conditioned on the policy's own
looks. 4. the policy samples while it trains and takes the best score when it is judged: here it samples always, and the
temperature is learned. 5. candidates are the points of one grid, for which the heads answer at once, where the paper's
transformer has a token for each; the points seen are read by one attention layer.

**Shapes**: b curves, k grid points.
"""

from typing import ClassVar

import jax
import jax.numpy as jnp

from toybench.methods.bandits._curves import LearnedOptimizer, State


class NAP(LearnedOptimizer):
    """One network, two heads, both losses."""

    paper: ClassVar[str | None] = "maraval2023endtoend"

    def propose(self, state: State, seen: jax.Array, values: jax.Array, key: jax.Array) -> jax.Array:
        score = jnp.where(seen > 0, -1e9, self.ask(state, seen, values)[2])
        return jnp.argmax(score + jax.random.gumbel(key, score.shape), axis=-1)
