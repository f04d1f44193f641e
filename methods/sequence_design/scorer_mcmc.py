"""A Markov chain over sequences that the scorer likes, by Metropolis and Hastings.

**Source**: the baseline of Padmakumar, Pang, He and Parikh, "Extrapolative Controlled Sequence Generation via Iterative
Refinement", 2023, https://arxiv.org/abs/2303.04562 (its sections aren't read, and the abstract doesn't name this
baseline); the chain is the textbook's, Metropolis et al., "Equation of State Calculations by Fast Computing Machines",
1953, https://doi.org/10.1063/1.1699114 (from memory).

    x' = x with a random letter at a random place;    accepted with min(1, exp((s(x') - s(x)) / T))

**Differs from the paper**: 1. the best sequence of a chain is the design, not its last one.

**Shapes**: b designs, l letters.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks import random
from toybench.methods.sequence_design import _search as search
from toybench.tasks.sequence_design import edited, score

TINY = 1e-20  # keeps a uniform number off 0


class ScorerMcmc(Method):
    """One score a step."""

    heat: float = 0.03  # temperature, in units of the range that is given

    space = {"heat": (0.0, 0.0003, 0.001, 0.002, 0.003, 0.006, 0.01, 0.015, 0.02, 0.03, 0.045, 0.06, 0.1, 0.2, 0.3)}

    def design(self, state: tuple, start: jax.Array, key: jax.Array) -> jax.Array:
        letters = self.spec.letters
        shape = (self.spec.calls - 1, len(start))
        u = random.uniforms(key, edit=shape, accept=shape)
        edits = search.whole(u["edit"], self.spec.length * letters)
        patience = self.heat * self.given.span() * jnp.log(jnp.maximum(u["accept"], TINY))

        def move(carry: tuple, step: tuple) -> tuple[tuple, None]:
            here, best = carry
            edit, least = step
            x = edited(here.x, edit, letters)
            other = search.Best(x=x, score=score(self.given.scorer, x, letters))
            taken = other.score - here.score >= least
            here = search.Best(
                x=jnp.where(taken[:, None], other.x, here.x), score=jnp.where(taken, other.score, here.score)
            )
            return (here, search.better(best, here)), None

        first = search.Best(x=start, score=score(self.given.scorer, start, letters))
        return jax.lax.scan(move, (first, first), (edits, patience))[0][1].x
