"""Pull as many arms as a fixed number of pulls an arm allows, and name the best mean.

**Source**: baseline of Zhao, Stephens, Szepesvári and Jun, "Revisiting Simple Regret: Fast Rates for Returning a Good
Arm", 2022, https://arxiv.org/abs/2210.16913 (uniform sampling).

    arm of step t: t mod floor(T / each)

**Differs from the paper**: 1. of more arms than pulls a subset is pulled, and the pulls an arm are tuned.

**Shapes**: n instances, k arms.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._arms import IndexPolicy, Tally, known_mean


class UniformAllocation(IndexPolicy):
    """Pulls arms in turn. They come in random order, so that the first ones are a random subset."""

    each: int = 4  # pulls an arm

    space = {"each": (1, 2, 4, 8, 16, 32)}

    def fits(self, spec) -> str | None:
        return None if spec.goal == "recommend" else "it explores only, and the task asks for little regret"

    def value(self, state: Tally) -> jax.Array:
        return known_mean(state)

    def index(self, state: Tally, key: jax.Array) -> jax.Array:
        subset = min(self.spec.arms, max(1, self.steps // self.each))
        turn = state.pulls.sum(-1).astype(jnp.int32) % subset
        return jax.nn.one_hot(turn, self.spec.arms)
