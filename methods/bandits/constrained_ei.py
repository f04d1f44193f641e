"""Expected improvement over the best feasible point, times the probability of being feasible.

**Source**: Gardner, Kusner, Xu, Weinberger and Cunningham, "Bayesian Optimization with Inequality Constraints", 2014,
https://proceedings.mlr.press/v32/gardner14.html (cEI); going back to Schonlau, Welch and Jones, 1998.

    x = argmax s(x) (z Phi(z) + phi(z)) P(g(x) <= 0),   z = (best - mu_f(x)) / s(x)

**Differs from the paper**: 1. evaluations are noisy: `best` is the least posterior mean of f among evaluated points
whose posterior mean of g is at most 0. 2. while there is none, the probability of being feasible alone decides.

**Shapes**: n instances, p grid points.
"""

import jax
import jax.numpy as jnp
from jax.scipy.stats import norm

from toybench.methods.bandits._search import GridSearch, State, deviation


class ConstrainedEI(GridSearch):
    """Greedy for improvement; never says that there is no solution."""

    def cost(self, state: State, key: jax.Array) -> jax.Array:
        s = deviation(state)
        best = jnp.where(state.seen & (state.g <= 0), state.f, jnp.inf).min(-1, keepdims=True)
        found = jnp.isfinite(best)
        z = (jnp.where(found, best, 0.0) - state.f) / s
        improvement = jnp.where(found, s * (z * norm.cdf(z) + norm.pdf(z)), 1.0)
        return -improvement * norm.cdf(-state.g / s)

    def hopeless(self, state: State) -> jax.Array:
        return jnp.zeros_like(state.declared)
