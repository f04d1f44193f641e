"""Learns the whole graph first, with equal care about superfluous and missing edges, then is optimistic.

**Source**: baseline of Peng, Zhang and Mitra, "Asymmetric Graph Error Control with Low Complexity in Causal Bandits",
2024, https://arxiv.org/abs/2408.11240 (full graph identification with symmetric error control).

    1. ancestors as for `asymmetric_graph_ucb`, at a high threshold; of them, parents are those whose weight in the
       regression of the node on all its believed ancestors is significant in one mechanism at least
    2. as for `asymmetric_graph_ucb`

The default threshold lets 2 % of the pairs without an effect through (chi-squared of 2 degrees above 2.8^2).

**Differs from the paper**: 1. tests of means and of weights stand for the identification of the works that it compares
with.

**Shapes**: n instances, v nodes.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._causal import CausalUCB, State, ancestors, coefficients, inverse_designs, no_edges


class FullGraphUCB(CausalUCB):
    """Pays for certainty that the bandit doesn't need."""

    threshold: float = 2.8  # standard errors; upper 2 % point without an effect
    samples: int = 60  # exploring rounds, as many as `asymmetric_graph_ucb` has

    space = {"threshold": (0.0, 0.67, 1.55, 2.15, 2.8, 3.4)}

    @property
    def exploring(self) -> int:
        return min(self.samples, self.steps)

    def first_edges(self) -> jax.Array:
        return no_edges(self.spec)

    def learn_edges(self, state: State) -> jax.Array:
        found = ancestors(state, self.threshold)
        inverse = inverse_designs(state, found)
        error = jnp.sqrt(jnp.diagonal(inverse, axis1=-2, axis2=-1))
        significant = (jnp.abs(coefficients(state, found, inverse)) > self.threshold * error)[..., 1:].any(2)
        return found & significant
