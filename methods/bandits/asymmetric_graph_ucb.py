"""Learns who may matter for the reward, tolerates superfluous parents but not missing ones, then is optimistic.

**Source**: Peng, Zhang and Mitra, "Asymmetric Graph Error Control with Low Complexity in Causal Bandits", 2024,
https://arxiv.org/abs/2408.11240 (asymmetric error control, sub-graph learning, uncertainty bound; abstract and
introduction could be read).

    1. random interventions for a while: j is an ancestor of i if switching j moves the mean of i by more than a low
       threshold; every believed ancestor becomes a regressor
    2. argmax_a mean_Y(a) + c sum_i |dY / dX_i| |(1, m_parents(i)(a))|_{V_i^-1}, refitted every round

The default threshold lets 80 % of the pairs without an effect through (chi-squared of 2 degrees above 0.67^2).

**Differs from the paper**: 1. exploring interventions are random sets of nodes, which tests all nodes at once;
ancestors are found by shifts of means and serve as regressors, where the paper prunes them further to parents, with
mutual information among its tools. 2. interventions are enumerated. 3. stationary: no detection of changes. 4. the
width is the propagated one to first order, with a tuned factor.

**Shapes**: n instances, v nodes.
"""

import jax

from toybench.methods.bandits._causal import CausalUCB, State, ancestors, no_edges


class AsymmetricGraphUCB(CausalUCB):
    """A low threshold after few rounds; equations of nodes that don't lead to the reward have no effect on it."""

    threshold: float = 0.67  # standard errors; upper 80 % point without an effect
    samples: int = 60  # exploring rounds

    paper = "peng2024asymmetric"
    space = {"threshold": (0.0, 0.67, 1.55, 2.15, 2.8, 3.4)}

    @property
    def exploring(self) -> int:
        return min(self.samples, self.steps)

    def first_edges(self) -> jax.Array:
        return no_edges(self.spec)

    def learn_edges(self, state: State) -> jax.Array:
        return ancestors(state, self.threshold)
