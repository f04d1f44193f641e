"""AdaGrad with a rate of its own for every weight.

**Source**: Duchi, Hazan and Singer, "Adaptive Subgradient Methods for Online Learning and Stochastic Optimization",
2011, https://jmlr.org/papers/v12/duchi11a.html (figure 1, mirror descent with diagonal matrices).

    x_{t+1,i} = x_{t,i} - rate g_{t,i} / sqrt(sum_{s <= t} g_{s,i}^2)

**Differs from the paper**: 1. no projection. 2. 1e-12 instead of its delta, in the root. 3. weights are cut to 1e10.

**Shapes**: d dimensions, r rates.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.online_learning._linear import cut
from toybench.tasks.online_learning import Example, slopes

DELTA = 1e-12  # under the root, so that a first gradient of 0 moves nothing
LARGEST_SQUARES = 1e30  # sums of squares are cut to this size


class State(NamedTuple):
    """Weights and sums of squared gradients, [r, d] each."""

    params: jax.Array
    squares: jax.Array


class DiagonalAdaGrad(Method):
    """Undoes the scales of the features as it meets them."""

    deterministic = True

    def init(self, key: jax.Array) -> State:
        zero = jnp.zeros((len(self.spec.rates), self.spec.dim))
        return State(params=zero, squares=zero)

    def predict(self, state: State, x: jax.Array) -> jax.Array:
        return state.params @ x

    def update(self, state: State, batch: Example, key: jax.Array) -> State:
        slope = slopes(self.spec.loss, self.predict(state, batch.x), batch.y)
        gradient = jnp.outer(slope, batch.x)
        squares = jnp.minimum(state.squares + gradient**2, LARGEST_SQUARES)
        rate = jnp.asarray(self.spec.rates)[:, None] / jnp.sqrt(squares + DELTA)
        return State(params=cut(state.params - rate * gradient), squares=squares)
