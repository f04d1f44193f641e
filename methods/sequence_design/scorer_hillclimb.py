"""Takes the best single edit by the scorer until there is none, then starts again from another given sequence.

**Source**: none, the plainest search with a scorer.

    x <- the best of all sequences that differ in one letter;    without a better one: x <- a random given sequence

**Differs from the paper**: nothing.

**Shapes**: b designs, l letters.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.sequence_design import _search as search
from toybench.tasks.sequence_design import score


class ScorerHillclimb(Method):
    """Every round scores all single edits."""

    def design(self, state: tuple, start: jax.Array, key: jax.Array) -> jax.Array:
        letters = self.spec.letters
        rounds = self.spec.calls // (self.spec.length * letters)
        fresh = search.given_rows(self.given, jax.random.uniform(key, (rounds, len(start))))

        def climb(carry: tuple, other: jax.Array) -> tuple[tuple, None]:
            here, best = carry
            step = search.best_of(self.given.scorer, search.all_edits(here.x, letters), letters)
            best = search.better(best, step)
            stuck = step.score <= here.score
            anew = search.Best(x=other, score=score(self.given.scorer, other, letters))
            x = jnp.where(stuck[:, None], anew.x, step.x)
            return (search.Best(x=x, score=jnp.where(stuck, anew.score, step.score)), best), None

        first = search.Best(x=start, score=score(self.given.scorer, start, letters))
        return jax.lax.scan(climb, (first, first), fresh)[0][1].x
