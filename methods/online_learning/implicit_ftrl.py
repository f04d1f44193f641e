"""Follow the regularised leader with the dual vector that makes the regret's bound smallest.

**Source**: Chen and Orabona, "Generalized Implicit Follow-The-Regularized-Leader", 2023,
https://arxiv.org/abs/2306.00201 (abstract and introduction could be read; the closed forms are derived here).

    x_t = theta_t / lambda_t,    lambda_t = sqrt(t) / rate,    theta_{t+1} = theta_t - z_t
    z_t = argmin_z psi*_{t+1}(theta_t - z) + l*_t(z),    psi_t(x) = lambda_t |x|^2 / 2

For a loss f(a . x) this is z_t = c a_t with c = f'(s - c |a|^2 / lambda_{t+1}) and s = a . theta_t / lambda_{t+1}: the
slope after the step, not before it. Absolute and hinge losses stop at their kink, as an aProx update does.

**Differs from the paper**: 1. the regulariser grows as sqrt(t), which need not be the schedule of its experiments.
2. dual vectors are cut to 1e10.

**Shapes**: d dimensions, r rates.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.online_learning._linear import Sweep, cut, implicit_slopes, start
from toybench.tasks.online_learning import Example


class ImplicitFTRL(Method):
    """The step is taken with the strength of the round to come, lambda_{t+1}."""

    paper = "chen2023generalized"
    deterministic = True

    def init(self, key: jax.Array) -> Sweep:
        return start(len(self.spec.rates), self.spec.dim)

    def strength(self, t: jax.Array) -> jax.Array:
        """lambda_t [r]."""
        return jnp.sqrt(t) / jnp.asarray(self.spec.rates)

    def predict(self, state: Sweep, x: jax.Array) -> jax.Array:
        return state.params @ x / self.strength(state.seen + 1)

    def update(self, state: Sweep, batch: Example, key: jax.Array) -> Sweep:
        later = self.strength(state.seen + 2)
        score = state.params @ batch.x / later
        slope = implicit_slopes(self.spec.loss, score, batch.y, (batch.x**2).sum() / later)
        theta = state.params - jnp.outer(slope, batch.x)
        return Sweep(params=cut(theta), seen=state.seen + 1)

    def dual(self, state: Sweep) -> jax.Array:
        return state.params
