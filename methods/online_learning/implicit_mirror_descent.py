"""Implicit online mirror descent with the squared distance: a proximal step on the loss itself.

**Source**: Kulis and Bartlett, "Implicit Online Learning", 2010, https://icml.cc/Conferences/2010/papers/429.pdf; a
control of Chen and Orabona, "Generalized Implicit Follow-The-Regularized-Leader", 2023, https://arxiv.org/abs/2306.00201.

    x_{t+1} = argmin_x |x - x_t|^2 / (2 eta_t) + l_t(x),    eta_t = rate / sqrt(t)

For a loss f(a . x) this is x_t - eta_t c a_t with c = f'(a . x_t - eta_t c |a|^2).

**Differs from the paper**: 1. weights are cut to 1e10.

**Shapes**: d dimensions, r rates.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.online_learning._linear import Sweep, cut, implicit_slopes, start
from toybench.tasks.online_learning import Example


class ImplicitMirrorDescent(Method):
    """An implicit step needs no leader."""

    deterministic = True

    def init(self, key: jax.Array) -> Sweep:
        return start(len(self.spec.rates), self.spec.dim)

    def predict(self, state: Sweep, x: jax.Array) -> jax.Array:
        return state.params @ x

    def update(self, state: Sweep, batch: Example, key: jax.Array) -> Sweep:
        rate = jnp.asarray(self.spec.rates) / jnp.sqrt(state.seen + 1)
        slope = implicit_slopes(self.spec.loss, self.predict(state, batch.x), batch.y, rate * (batch.x**2).sum())
        weights = state.params - jnp.outer(rate * slope, batch.x)
        return Sweep(params=cut(weights), seen=state.seen + 1)
