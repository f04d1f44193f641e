"""Choose under uncertainty: a learner acts, sees the feedback of what it chose, and pays for what it didn't.

Every trial holds many independent instances side by side: regret has heavy tails, and one instance a seed would drown
every comparison. Each family of problems asks questions of its own (the protocols below), so that a method runs where
it can answer. Regret is the pseudo-regret, a sum of differences of expected rewards, and noise is keyed by seed, step,
instance and the arm that was chosen: two methods that pull one arm at one step see the same reward.

Shapes: n instances, k arms, d context dimensions.
"""

from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp


class ArmPlayer(Protocol):
    """Plays arms that have no features."""

    def pull(self, state: Any, key: jax.Array) -> jax.Array:
        """The arm to pull now: int32 [n]."""

    def recommend(self, state: Any) -> jax.Array:
        """The arm believed to be the best: int32 [n]."""


class LinearPlayer(Protocol):
    """Plays arms whose rewards are about linear in their contexts."""

    def choose(self, state: Any, offer: jax.Array, mask: jax.Array, key: jax.Array) -> jax.Array:
        """One of the contexts offered, float [n, k, d], where the mask, bool [n, k], allows: int32 [n]."""

    def used(self, state: Any) -> jax.Array:
        """How many rounds went into the regression: float [n]."""


class Forecaster(Protocol):
    """Predicts the next response of a linear model."""

    def predict(self, state: Any, x: jax.Array) -> jax.Array:
        """Expected response at the inputs float [n, d]: float [n]."""


class Duelist(Protocol):
    """Picks two contexts to be compared."""

    def duel(self, state: Any, offer: jax.Array, key: jax.Array) -> jax.Array:
        """Two of the contexts float [n, k, d], possibly the same: int32 [n, 2]."""


class Searcher(Protocol):
    """Looks for the least objective where a constraint holds, on a grid."""

    def query(self, state: Any, key: jax.Array) -> jax.Array:
        """The grid point to evaluate now: int32 [n]."""

    def declares(self, state: Any) -> jax.Array:
        """Whether the problem is declared infeasible: bool [n]."""


class Intervener(Protocol):
    """Switches mechanisms of a causal graph."""

    def intervene(self, state: Any, key: jax.Array) -> jax.Array:
        """The intervention to make now, one bit a node: int32 [n]."""

    def edges(self, state: Any) -> jax.Array:
        """Which edges the method's model may use, row child, column parent: bool [n, nodes, nodes]."""

    def structure_rounds(self, state: Any) -> jax.Array:
        """Rounds spent on learning the graph so far: float [n]."""


class CurveOptimizer(Protocol):
    """Learns from related curves how to find the peak of a new one.

    Both questions get which candidates of the curves were seen, float [b, k] in {0, 1}, and their values there, float
    [b, k]; both name a candidate that was not seen, int32 [b].
    """

    def explore(self, state: Any, seen: jax.Array, values: jax.Array, key: jax.Array) -> jax.Array:
        """The next candidate of each curve that the learner trains on."""

    def propose(self, state: Any, seen: jax.Array, values: jax.Array, key: jax.Array) -> jax.Array:
        """The next candidate of each curve that the learner is judged on."""


class Known(NamedTuple):
    """A reference whose metrics are known without a round being played, such as blind guessing."""

    metrics: dict[str, jax.Array]


def keyed_normal(key: jax.Array, arm: jax.Array) -> jax.Array:
    """Standard normal noise [n] that depends on the key, the instance and its arm, int32 [n], and on nothing else."""
    keys = jax.random.split(key, arm.shape[0])
    return jax.vmap(lambda k, a: jax.random.normal(jax.random.fold_in(k, a), ()))(keys, arm)


PROPOSALS = 3  # of the gamma sampler: all three are rejected about once in 10,000 draws


def gamma(key: jax.Array, shape: jax.Array) -> jax.Array:
    """Gamma(shape, 1) draws for shape >= 1, elementwise, after Marsaglia and Tsang.

    Three proposals are made for each and the first accepted one is taken. For shapes from 1 on each is accepted with
    probability 0.95 or more, so about one draw in 10,000 is a rejected one; no loop, so that it is cheap inside a scan.
    """
    draws = jax.random.normal(key, (2, PROPOSALS, *shape.shape))
    z = draws[0]
    u = draws[1]
    third = shape - 1 / 3
    v = (1 + z / jnp.sqrt(9 * third)[None]) ** 3
    logs = jnp.log(jax.scipy.stats.norm.cdf(u))
    fine = (v > 0) & (logs < 0.5 * z**2 + third[None] * (1 - v + jnp.log(jnp.maximum(v, 1e-30))))
    first = jnp.argmax(fine, axis=0)
    return third * jnp.maximum(jnp.take_along_axis(v, first[None], axis=0)[0], 1e-6)
