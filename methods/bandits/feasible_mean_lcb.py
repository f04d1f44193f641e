"""Optimism about the objective alone: the constraint's posterior mean decides where to look.

**Source**: the ablation of CONFIG (Xu, Jiang, Svetozarevic and Jones, 2022, https://arxiv.org/abs/2211.00162) that
takes the optimism out of the constraint.

    x = argmin mu_f(x) - w s(x)  subject to  mu_g(x) <= 0;   no such x: argmin mu_g(x) - w s(x)

**Differs from the paper**: nothing beyond that.

**Shapes**: n instances, p grid points.
"""

import jax
import jax.numpy as jnp

from toybench.methods.bandits._search import GridSearch, State, deviation


class FeasibleMeanLCB(GridSearch):
    """Never finds a feasible region that its prior mean or its data speak against; declares nothing."""

    width: float = 2.0  # w, posterior standard deviations

    def cost(self, state: State, key: jax.Array) -> jax.Array:
        s = self.width * deviation(state)
        allowed = state.g <= 0
        return jnp.where(allowed, state.f - s, jnp.where(allowed.any(-1, keepdims=True), jnp.inf, state.g - s))

    def hopeless(self, state: State) -> jax.Array:
        return jnp.zeros_like(state.declared)
