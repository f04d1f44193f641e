"""Voters' errors that are learned from their agreement, class by class, by EM.

**Source**: Dawid and Skene, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm", 1979 (from
memory); it starts at the errors that are given.

    q_i = sigmoid(log pi / (1 - pi) + sum_j log p(v_ij | 1) / p(v_ij | 0));    p and pi <- shares weighed by q

**Differs from the paper**: 1. `pseudo` votes that agree with the given errors are added to each share.

**Shapes**: n points, m voters, 2 classes.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.weak_labels import as_scores

ROUNDS = 60  # of EM


class Rates(NamedTuple):
    """Chance [2, m] that a voter says 1 in either class, and the share [] of class 1."""

    says: jax.Array
    share: jax.Array


class DawidSkene(Method):
    """Votes alone, their reliability from the votes."""

    pseudo: float = 1.0  # strength of the given errors, in points of a class, above 0

    deterministic = True
    space = {"pseudo": (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 10000.0, 1e5, 1e6)}

    def init(self, key: jax.Array) -> Rates:
        told = jnp.stack([self.given.errors, 1 - self.given.errors])

        def refit(rates: Rates, _: None) -> tuple[Rates, None]:
            chance = jax.nn.sigmoid(self.odds(rates, self.given.votes))
            weights = jnp.stack([1 - chance, chance])  # [2, n]
            total = weights.sum(1, keepdims=True)
            says = (weights @ self.given.votes + self.pseudo * told) / (total + self.pseudo)
            return Rates(says=says, share=(chance.sum() + 1) / (len(chance) + 2)), None

        start = Rates(says=told, share=jnp.asarray(0.5))
        rates, _ = jax.lax.scan(refit, start, None, length=ROUNDS)
        return rates

    def odds(self, rates: Rates, votes: jax.Array) -> jax.Array:
        """Log-odds [n] of class 1."""
        for_one = jnp.log(rates.says[1]) - jnp.log(rates.says[0])
        for_zero = jnp.log1p(-rates.says[1]) - jnp.log1p(-rates.says[0])
        return jnp.log(rates.share) - jnp.log1p(-rates.share) + votes @ for_one + (1 - votes) @ for_zero

    def labels(self, state: Rates, x: jax.Array, votes: jax.Array, key: jax.Array) -> jax.Array:
        return as_scores(self.odds(state, votes))
