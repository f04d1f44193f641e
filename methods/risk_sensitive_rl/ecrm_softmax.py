"""Policy gradient for expected conditional risk, with a softmax over actions and thresholds.

**Source**: Yu and Ying, "On the Global Convergence of Risk-Averse Policy Gradient Methods with Expected Conditional
Risk Measures", 2023, https://arxiv.org/abs/2301.10932 (the abstract was read; the formulas are from memory).

    v(s, e) = E [ (1 - lam) r - lam (e - r)_+ / alpha + lam e1 + v(s1, e1) ]        (a, e1) ~ softmax(theta(s, e))
    theta <- theta + lr grad_theta sum_(s, e) v(s, e)

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
    """Logits [n, H, S, E, A, E]."""

    params: jax.Array


def chances(logits: jax.Array) -> jax.Array:
    """Joint softmax over action and next threshold."""
    return jax.nn.softmax(logits, axis=(-2, -1))


class ECRMSoftmax(Method):
    """Exact gradients, from uniform choices."""

    lr: float = 10.0  # step along the gradient, above 0

    deterministic = True
    paper = "yu2023global"
    space = {"lr": (0.1, 0.3, 1.0, 3.0, 6.0, 10.0, 30.0, 100.0, 300.0)}

    def init(self, key: jax.Array) -> State:
        return State(params=jnp.zeros(policy_shape(self.spec)))

    def update(self, state: State, batch: tuple, key: jax.Array) -> State:
        gradient = jax.grad(lambda logits: summed_value(self.spec, self.given, chances(logits)))(state.params)
        return State(params=state.params + self.lr * gradient)

    def thresholds(self, state: State) -> jax.Array:
        return chances(state.params)
