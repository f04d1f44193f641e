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

from toybench import Method
from toybench.methods.conformal._risk import first, needs_one_set
from toybench.tasks.conformal._risk import Losses, RiskSpec


class State(NamedTuple):
    """Per replicate and size, [r, g]: sum of losses, of squared deviations, log capital and its maximum; steps []."""

    total: jax.Array
    squares: jax.Array
    capital: jax.Array
    best: jax.Array
    seen: jax.Array


class RCPSBetting(Method):
    """Adapts to the variance of the losses; the order of the points matters a little."""

    delta: float = 0.1  # probability of exceeding the risk; the paper's value

    deterministic = True

    def fits(self, spec: RiskSpec) -> str | None:
        return needs_one_set(spec)

    def init(self, key: jax.Array) -> State:
        zero = jnp.zeros((self.spec.replicates, self.spec.grid))
        return State(total=zero, squares=zero, capital=zero, best=zero, seen=jnp.zeros(()))

    def bet(self, state: State, loss: jax.Array) -> tuple[State, None]:
        """One point, losses [r, g]."""
        count = state.seen + 1
        variance = (0.25 + state.squares) / count  # 1/4 is that of a fair coin
        stake = jnp.minimum(1.0, jnp.sqrt(-2 * jnp.log(self.delta) / (self.spec.points * variance)))
        capital = state.capital + jnp.log1p(-stake * (loss - self.given))
        total = state.total + loss
        mean = (0.5 + total) / (1 + count)
        after = State(
            total=total,
            squares=state.squares + (loss - mean) ** 2,
            capital=capital,
            best=jnp.maximum(state.best, capital),
            seen=count,
        )
        return after, None

    def update(self, state: State, batch: Losses, key: jax.Array) -> State:
        return jax.lax.scan(self.bet, state, jnp.moveaxis(batch.loss, 1, 0))[0]

    def size_index(self, state: State) -> jax.Array:
        return first(state.best >= -jnp.log(self.delta))
