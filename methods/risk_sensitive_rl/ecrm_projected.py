"""Policy gradient for expected conditional risk on the probabilities themselves, projected onto the simplex.

**Source**: Yu and Ying, "On the Global Convergence of Risk-Averse Policy Gradient Methods with Expected Conditional
Risk Measures", 2023, https://arxiv.org/abs/2301.10932 (the abstract was read; the formulas are from memory).

    v(s, e) = E [ (1 - lam) r - lam (e - r)_+ / alpha + lam e1 + v(s1, e1) ]        (a, e1) ~ pi(s, e)
    pi <- Projection(pi + lr grad_pi sum_(s, e) v(s, e))

**Differs from the paper**: 1. four steps without discount in place of an endless discounted problem; rewards in place
of costs. 2. thresholds have the levels of the rewards, where the best ones lie. 3. the start is uniform over all steps,
states and thresholds.

**Shapes**: n instances, H steps, S states, A actions, E thresholds.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.risk_sensitive_rl._gradients import policy_shape, summed_value


class State(NamedTuple):
    """Probabilities [n, H, S, E, A, E]."""

    params: jax.Array


def project(x: jax.Array) -> jax.Array:
    """The nearest point [..., k] of the probability simplex: max(x - t, 0), with t so that it sums to 1."""
    down = -jnp.sort(-x, axis=-1)
    rank = jnp.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    over = (jnp.cumsum(down, axis=-1) - 1) / jnp.broadcast_to(rank, x.shape)
    positive = (down > over).sum(-1, keepdims=True)
    return jnp.maximum(x - jnp.take_along_axis(over, positive - 1, axis=-1), 0.0)


class ECRMProjected(Method):
    """Exact gradients, from uniform choices."""

    lr: float = 1.0  # step along the gradient, above 0

    deterministic = True
    paper = "yu2023global"
    space = {"lr": (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)}

    def init(self, key: jax.Array) -> State:
        return State(params=jnp.full(policy_shape(self.spec), 1 / (self.spec.actions * self.spec.thresholds)))

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        gradient = jax.grad(lambda policy: summed_value(self.spec, self.given, policy))(state.params)
        moved = state.params + self.lr * gradient
        pairs = self.spec.actions * self.spec.thresholds
        return State(params=project(moved.reshape(-1, pairs)).reshape(moved.shape))

    def thresholds(self, state: State) -> jax.Array:
        return state.params
