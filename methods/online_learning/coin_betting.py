"""Coin betting for every weight: no learning rate at all.

**Source**: Orabona and Tommasi, "Training Deep Networks without Learning Rates Through Coin Betting", 2017,
https://arxiv.org/abs/1705.07795 (algorithm 2, COCOB-Backprop).

    L = max(L, |g|),  G = G + |g|,  R = max(R - x g, 0),  theta = theta - g
    x = theta / (L max(G + L, alpha L)) (L + R)

**Differs from the paper**: 1. every rate of the sweep gets the same prediction, as there is none to choose. 2. L starts
at 1e-8. 3. wealth and weights are cut to 1e10.

**Shapes**: d dimensions, r rates.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.online_learning._linear import cut
from toybench.tasks.online_learning import Example, slopes

FIRST_BOUND = 1e-8  # of a gradient's size


class State(NamedTuple):
    """Weights, largest gradient, sum of sizes, reward, and negated sum of gradients, [d] each."""

    params: jax.Array
    bound: jax.Array
    sizes: jax.Array
    reward: jax.Array
    theta: jax.Array


class CoinBetting(Method):
    """Bets a share of its wealth on the sign of the next gradient."""

    alpha: float = 100.0  # gradients' worth of caution at the start, at least 1; the paper's value

    deterministic = True

    def init(self, key: jax.Array) -> State:
        zero = jnp.zeros(self.spec.dim)
        return State(params=zero, bound=zero + FIRST_BOUND, sizes=zero, reward=zero, theta=zero)

    def predict(self, state: State, x: jax.Array) -> jax.Array:
        return jnp.broadcast_to(state.params @ x, (len(self.spec.rates),))

    def update(self, state: State, batch: Example, key: jax.Array) -> State:
        gradient = slopes(self.spec.loss, state.params @ batch.x, batch.y) * batch.x
        bound = jnp.maximum(state.bound, jnp.abs(gradient))
        sizes = state.sizes + jnp.abs(gradient)
        reward = cut(jnp.maximum(state.reward - state.params * gradient, 0.0))
        theta = state.theta - gradient
        share = theta / (bound * jnp.maximum(sizes + bound, self.alpha * bound))
        return State(params=cut(share * (bound + reward)), bound=bound, sizes=sizes, reward=reward, theta=theta)
