"""What the learners of the chains' values share: tiles, channels, and an update in a mapped space.

Shapes: c chains, j reward channels, f features, u updates of a batch, s cells; two actions.
"""

import abc
from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.value_learning import ChainSpec, Shown, tile_features

LAST = 0.03  # what is left of the outer rate at the end of the trial, by exponential decay; van Seijen's is 0.01


class State(NamedTuple):
    """Weights of the features, [c, j, f, 2], and batches so far."""

    params: jax.Array
    batches: jax.Array


class TileLearner(Method, abc.ABC):
    """Q-learning on mapped values: a method says how rewards are split, and into which space values are mapped."""

    @property
    @abc.abstractmethod
    def rates(self) -> tuple[float | jax.Array, float | jax.Array]:
        """(outer, inner): of the step in the mapped space at the start, and of the one towards the target."""

    @abc.abstractmethod
    def split(self, reward: jax.Array) -> jax.Array:
        """Rewards of the learner's channels, [c, j], from those of the ends, [c, 2]."""

    @abc.abstractmethod
    def mapped(self, q: jax.Array) -> jax.Array:
        """f(q), elementwise, f(0) = 0."""

    @abc.abstractmethod
    def unmapped(self, x: jax.Array) -> jax.Array:
        """The inverse of f."""

    def fits(self, spec: ChainSpec) -> str | None:
        return None if isinstance(spec, ChainSpec) else "it learns the values of chains"

    def init(self, key: jax.Array) -> State:
        features = tile_features(self.spec.cells, self.spec.tiles).shape[1]
        channels = self.split(jnp.zeros((1, 2))).shape[1]
        return State(params=jnp.zeros((self.spec.chains, channels, features, 2)), batches=jnp.int32(0))

    def update(self, state: State, batch: Shown, key: jax.Array) -> State:
        features = tile_features(self.spec.cells, self.spec.tiles)
        outer, inner = self.rates
        outer = outer * LAST ** (state.batches.astype(jnp.float32) / max(self.steps, 1))
        most = jnp.float32(self.spec.rewards[1])  # no return is greater, as an episode pays once

        def step(weights: jax.Array, shown: Shown) -> tuple[jax.Array, None]:
            phi = features[shown.cell]
            phi1 = features[shown.cell1]
            x = jnp.einsum("cf,cjfa->cja", phi, weights)
            x = jnp.take_along_axis(x, shown.action[:, None, None], axis=2)[..., 0]
            q = self.unmapped(x)
            ahead = self.unmapped(jnp.einsum("cf,cjfa->cja", phi1, weights))
            best = ahead.sum(1).argmax(-1)  # one action for all channels
            ahead = jnp.take_along_axis(ahead, best[:, None, None], axis=2)[..., 0]
            target = self.split(shown.reward) + self.given * (1 - shown.done)[:, None] * ahead
            target = jnp.clip(target, 0.0, most)
            moved = outer * (self.mapped(jnp.maximum(q + inner * (target - q), 0.0)) - x)
            taken = jax.nn.one_hot(shown.action, 2)
            return weights + jnp.einsum("cj,cf,ca->cjfa", moved, phi, taken), None

        weights, _ = jax.lax.scan(step, state.params, batch)
        return State(params=weights, batches=state.batches + 1)

    def values(self, state: State) -> jax.Array:
        features = tile_features(self.spec.cells, self.spec.tiles)
        return self.unmapped(jnp.einsum("sf,cjfa->cjsa", features, state.params)).sum(1)


def offset(discount: jax.Array, horizon: float | jax.Array) -> jax.Array:
    """What is added to values before their logarithm: discount^horizon, and so much that a float can hold it."""
    return jnp.maximum(discount**horizon, 1e-12)
