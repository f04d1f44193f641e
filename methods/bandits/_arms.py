"""What the arm methods share: counts and sums of rewards, and pulling the largest index.

Shapes: n instances, k arms.
"""

import abc
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.bandits._arms import Pull


class Tally(NamedTuple):
    """Pulls, sums of rewards and of squared rewards: [n, k]."""

    pulls: jax.Array
    total: jax.Array
    square: jax.Array


class IndexPolicy(Method, abc.ABC):
    """Pulls the arm with the largest `index`; recommends the one with the largest `value`, the first of equal ones."""

    deterministic = True

    def init(self, key: jax.Array) -> Tally:
        zero = jnp.zeros((self.spec.instances, self.spec.arms))
        return Tally(pulls=zero, total=zero, square=zero)

    def update(self, state: Tally, batch: Pull, key: jax.Array) -> Tally:
        hot = jax.nn.one_hot(batch.arm, self.spec.arms)
        r = batch.reward[:, None]
        return Tally(pulls=state.pulls + hot, total=state.total + hot * r, square=state.square + hot * r**2)

    @abc.abstractmethod
    def index(self, state: Tally, key: jax.Array) -> jax.Array:
        """What makes an arm worth pulling now: [n, k], inf where it must be pulled."""

    @abc.abstractmethod
    def value(self, state: Tally) -> jax.Array:
        """What an arm is believed to be worth: [n, k]."""

    def pull(self, state: Tally, key: jax.Array) -> jax.Array:
        return jnp.argmax(self.index(state, key), axis=-1)

    def recommend(self, state: Tally) -> jax.Array:
        return jnp.argmax(self.value(state), axis=-1)


def known_mean(state: Tally) -> jax.Array:
    """Mean rewards [n, k], -inf where there is none."""
    return jnp.where(state.pulls > 0, mean_of(state), -jnp.inf)


def mean_of(state: Tally) -> jax.Array:
    """Mean rewards [n, k], 0 where there is none."""
    return state.total / jnp.maximum(state.pulls, 1)


def variance_of(state: Tally) -> jax.Array:
    """Mean squared deviations from the mean reward, [n, k]."""
    return jnp.maximum(state.square / jnp.maximum(state.pulls, 1) - mean_of(state) ** 2, 0.0)


def plays_of(state: Tally) -> jax.Array:
    """The number of pulls so far, at least 1: [n, 1]."""
    return jnp.maximum(state.pulls.sum(-1, keepdims=True), 1)


def only_regret(spec: Any) -> str | None:
    """For `fits`: a policy that doesn't explore for the sake of a last answer."""
    return None if spec.goal == "regret" else "it minimises cumulative regret, and the task asks for one good arm"
