"""What the constrained searches share: Gaussian-process posteriors of objective and constraint on the grid.

Both have one kernel and one set of points, and so one posterior covariance; an evaluation conditions it by a rank-one
step, exactly.

Shapes: n instances, p grid points.
"""

import abc
from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.bandits.constrained_search import Evaluation, kernel

JITTER = 1e-4  # added to the variances, as the problem does, so that factors exist in single precision


class State(NamedTuple):
    """Posterior means of f and g [n, p], their covariance [n, p, p], points evaluated, bool [n, p], and whether the
    problem is declared infeasible, bool [n]."""

    f: jax.Array
    g: jax.Array
    covariance: jax.Array
    seen: jax.Array
    declared: jax.Array


class GridSearch(Method, abc.ABC):
    """A subclass scores the points, and says where it is sure that there is no solution."""

    deterministic = True

    def init(self, key: jax.Array) -> State:
        n, p = self.spec.instances, self.spec.side**2
        cov = jnp.broadcast_to(kernel(self.spec.side, self.spec.lengthscale) + JITTER * jnp.eye(p), (n, p, p))
        none = jnp.zeros((n, p))
        return State(f=none, g=none, covariance=cov, seen=none > 0, declared=jnp.zeros(n, bool))

    def update(self, state: State, batch: Evaluation, key: jax.Array) -> State:
        n = len(batch.point)
        row = jnp.take_along_axis(state.covariance, batch.point[:, None, None], axis=1)[:, 0]
        i = (jnp.arange(n), batch.point)
        gain = row / (row[i] + self.spec.noise**2)[:, None]
        state = state._replace(
            f=state.f + gain * (batch.objective - state.f[i])[:, None],
            g=state.g + gain * (batch.constraint - state.g[i])[:, None],
            covariance=state.covariance - gain[:, :, None] * row[:, None, :],
            seen=state.seen.at[i].set(True),
        )
        return state._replace(declared=state.declared | self.hopeless(state))

    @abc.abstractmethod
    def cost(self, state: State, key: jax.Array) -> jax.Array:
        """What makes a point not worth evaluating: [n, p]."""

    @abc.abstractmethod
    def hopeless(self, state: State) -> jax.Array:
        """Whether there can be no solution: bool [n]."""

    def query(self, state: State, key: jax.Array) -> jax.Array:
        return jnp.argmin(self.cost(state, key), axis=-1)

    def declares(self, state: State) -> jax.Array:
        return state.declared


def deviation(state: State) -> jax.Array:
    """Posterior standard deviations [n, p]."""
    return jnp.sqrt(jnp.maximum(jnp.diagonal(state.covariance, axis1=1, axis2=2), 1e-10))
