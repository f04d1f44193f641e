"""Risk-controlling prediction sets by betting against the risk being too high.

**Source**: Bates, Angelopoulos, Lei, Malik and Jordan, "Distribution-Free, Risk-Controlling Prediction Sets", 2021,
https://arxiv.org/abs/2101.02703 (Waudby-Smith-Ramdas bound).

    mu_i = (1/2 + sum_{j<=i} L_j) / (1 + i),      s_i^2 = (1/4 + sum_{j<=i} (L_j - mu_j)^2) / (1 + i)
    nu_i = min(1, sqrt(2 log(1/delta) / (n s_{i-1}^2))),      K_i = prod_{j<=i} (1 - nu_j (L_j - alpha))
    lambda^ = inf { lambda : max_i K_i(lambda') >= 1 / delta  for all lambda' >= lambda }

**Differs from the paper**: 1. lambda lies on a grid of 201 values. 2. the bound is inverted to a test, which gives the
same sets.

**Shapes**: r replicates, g sizes on the grid, n points.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench.methods.conformal._risk import CalibrationOnly, first
from toybench.tasks.conformal._risk import Losses


class State(NamedTuple):
    """Per replicate and size, [r, g]: sum of losses, of squared deviations, log capital and its maximum; steps []."""

    total: jax.Array
    squares: jax.Array
    capital: jax.Array
    best: jax.Array
    seen: jax.Array


class RCPSBetting(CalibrationOnly):
    """Adapts to the variance of the losses; the order of the points matters a little."""

    delta: float = 0.1  # probability of exceeding the risk; the paper's value

    def init(self, key: jax.Array) -> State:
        zero = jnp.zeros((self.spec.replicates, self.spec.grid))
        return State(zero, zero, zero, zero, jnp.zeros(()))

    def bet(self, s: State, loss: jax.Array) -> tuple[State, None]:
        """One point, losses [r, g]."""
        count = s.seen + 1
        variance = (0.25 + s.squares) / count
        stake = jnp.minimum(1.0, jnp.sqrt(-2 * jnp.log(self.delta) / (self.spec.points * variance)))
        capital = s.capital + jnp.log1p(-stake * (loss - self.given))
        total = s.total + loss
        squares = s.squares + (loss - (0.5 + total) / (1 + count)) ** 2
        return State(total, squares, capital, jnp.maximum(s.best, capital), count), None

    def update(self, state: State, batch: Losses, key: jax.Array) -> State:
        return jax.lax.scan(self.bet, state, jnp.moveaxis(batch.loss, 1, 0))[0]

    def size_index(self, state: State) -> jax.Array:
        return first(state.best >= -jnp.log(self.delta))
