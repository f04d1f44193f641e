"""Optimism about objective and constraint alike: the least lower bound of f where the lower bound of g allows.

**Source**: Xu, Jiang, Svetozarevic and Jones, "Constrained Efficient Global Optimization of Expensive Black-box
Functions", 2022, https://arxiv.org/abs/2211.00162 (CONFIG; abstract and introduction could be read).

    x = argmin mu_f(x) - w s(x)  subject to  mu_g(x) - w s(x) <= 0;   no such x: declare the problem infeasible

**Differs from the paper**: 1. a fixed w, where the theory's grows with the information gained, as in the authors'
experiments. 2. after a declaration, where the paper stops, evaluations go on at the least lower bound of g.

**Shapes**: n instances, p grid points.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._search import GridSearch, State, deviation


class ConfigLCB(GridSearch):
    """A declaration is wrong only where a confidence bound is."""

    width: float = 2.0  # w, posterior standard deviations; the square root of the theory's beta

    paper = "xu2022constrained"

    def allowed(self, state: State) -> jax.Array:
        """Points that may be feasible: bool [n, p]."""
        return state.g - self.width * deviation(state) <= 0

    def cost(self, state: State, key: jax.Array) -> jax.Array:
        s = self.width * deviation(state)
        allowed = self.allowed(state)
        # where no point is allowed all have the same large cost, and the least lower bound of g decides
        return jnp.where(allowed, state.f - s, jnp.where(allowed.any(-1, keepdims=True), jnp.inf, state.g - s))

    def hopeless(self, state: State) -> jax.Array:
        return ~self.allowed(state).any(-1)
