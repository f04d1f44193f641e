"""Recursive least squares that forgets: a second-order tracker with one constant.

**Source**: Haykin, "Adaptive Filter Theory", the exponentially weighted recursive least-squares algorithm.

    k = P x / (mu + x' P x),    w <- w + k (y - w . x),    P <- (P - k x' P) / mu,    P_0 = spread^2 I / sigma^2

**Differs from the paper**: nothing. P starts at the prior's covariance over the noise's variance.

**Shapes**: n streams, d dimensions.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.online_learning._tracking import residuals
from toybench.tasks.online_learning import DriftSpec, Example


class State(NamedTuple):
    """Weights [n, d], and the inverses [n, d, d] of the weighted sums of outer products."""

    params: jax.Array
    inverse: jax.Array


class ForgettingLeastSquares(Method):
    """Told the noise and the first spread; the square of the dimensions a round."""

    forgetting: float = 0.97  # weight of a round in the next one, 0 to 1

    deterministic = True
    space = {"forgetting": (0.9, 0.93, 0.95, 0.97, 0.98, 0.99)}

    def init(self, key: jax.Array) -> State:
        spec: DriftSpec = self.spec
        inverse = (spec.spread / spec.noise) ** 2 * jnp.eye(spec.dim)
        shape = (spec.streams, spec.dim, spec.dim)
        return State(params=jnp.zeros(shape[:2]), inverse=jnp.broadcast_to(inverse, shape))

    def update(self, state: State, batch: Example, key: jax.Array) -> State:
        along = jnp.einsum("nij,nj->ni", state.inverse, batch.x)
        gain = along / (self.forgetting + (along * batch.x).sum(-1))[:, None]
        weights = state.params + gain * residuals(state.params, batch.x, batch.y)[:, None]
        inverse = (state.inverse - gain[:, :, None] * along[:, None, :]) / self.forgetting
        return State(params=weights, inverse=(inverse + jnp.swapaxes(inverse, 1, 2)) / 2)

    def weights(self, state: State) -> jax.Array:
        return state.params
