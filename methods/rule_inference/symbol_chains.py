"""Chains of rules whose ends have the right signs, whatever the signs within: what shared symbols tell.

**Source**: none; the cheap control for what can be had without joining rules rightly.

    score = 3 for p -> q, 2 for p -> (not) m -> q, 1 for p -> (not) m -> (not) n -> q,   the largest of them

**Differs from the paper**: 1. a control, not in the paper.

**Shapes**: b items, r rules, c candidates, n literals.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.rule_inference import edges


class SymbolChains(Method):
    """It takes a literal and its negation for the same within a chain."""

    deterministic = True

    def scores(self, state: tuple, rules: jax.Array, candidates: jax.Array) -> jax.Array:
        return jax.vmap(self.ranks)(rules, candidates)

    def ranks(self, rules: jax.Array, candidates: jax.Array) -> jax.Array:
        """Scores [c] of one item."""
        hops = edges(rules, self.spec.symbols)
        either = hops + hops[jnp.arange(len(hops)) ^ 1]  # from a literal, or from its negation
        two = hops @ either
        three = two @ either
        best = jnp.where(hops > 0, 3.0, jnp.where(two > 0, 2.0, jnp.where(three > 0, 1.0, 0.0)))
        return best[candidates[:, 0], candidates[:, 1]]
