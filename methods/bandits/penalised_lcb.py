"""The lower bound of the objective plus a penalty on that of the constraint's violation.

**Source**: Lu and Paulson, "No-Regret Bayesian Optimization with Unknown Equality and Inequality Constraints using
Exact Penalty Functions", 2022, https://arxiv.org/abs/2202.06438 (EPBO), a baseline of the CONFIG paper.

    x = argmin mu_f(x) - w s(x) + rho max(0, mu_g(x) - w s(x))

**Differs from the paper**: 1. a grid, and one weight rho, tuned.

**Shapes**: n instances, p grid points.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._search import GridSearch, State, deviation


class PenalisedLCB(GridSearch):
    """The same optimism as CONFIG's with a price in the place of a constraint."""

    weight: float = 3.0  # rho, units of f per unit of g
    width: float = 2.0  # w, posterior standard deviations

    space = {"weight": (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)}

    def cost(self, state: State, key: jax.Array) -> jax.Array:
        s = self.width * deviation(state)
        return state.f - s + self.weight * jnp.maximum(state.g - s, 0.0)

    def hopeless(self, state: State) -> jax.Array:
        return jnp.zeros_like(state.declared)
