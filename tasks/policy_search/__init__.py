"""Search a class of policies without planning: estimate the value of each from a limited number of simulator queries.

A query names a step, a state and an action, and is answered by a next state and a reward. A `ClassJudge` answers with
the values of all policies of a finite class, none of which need be optimal in the world.

Shapes: n instances, H layers, S states a layer, two actions, b successors, p policies.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp


class ClassJudge(Protocol):
    """Judges "play action 1 in at most one state": policy 0 never does, 1 + h S + s does in state s of layer h."""

    def values(self, state: Any, key: jax.Array) -> jax.Array:
        """Estimated values of all policies: [n, H S + 1]."""

    def queries(self, state: Any) -> jax.Array:
        """How many queries an instance it takes: []."""


@dataclass(frozen=True)
class ClassSpec:
    """Sizes, and how many queries there are."""

    instances: int
    layers: int
    states: int
    budget: int

    @property
    def policies(self) -> int:
        return self.layers * self.states + 1


class Simulator(NamedTuple):
    """Answers queries. Methods call its functions and don't look inside.

    Attributes:
      successors: equally likely next states, int32 [n, H, S, 2, b].
      rewards: of the last layer, [n, S, 2].
    """

    successors: jax.Array
    rewards: jax.Array

    def begin(self, uniform: jax.Array) -> jax.Array:
        """First states, int32, for uniform numbers; both have the axes of the questions of one instance."""
        return zipf(uniform, self.rewards.shape[-2])

    def move(self, uniform: jax.Array, layer: jax.Array, s: jax.Array, a: jax.Array) -> jax.Array:
        """Next states int32 of one instance; all have one shape."""
        count = self.successors.shape[-1]
        return self.successors[layer, s, a, (uniform * count).astype(jnp.int32)]

    def pay(self, s: jax.Array, a: jax.Array) -> jax.Array:
        """Rewards in the last layer of one instance; all others are 0."""
        return self.rewards[s, a]


def zipf(uniform: jax.Array, count: int) -> jax.Array:
    """Numbers int32 from 0 to count - 1 with chances in proportion to 1, 1/2, 1/3, ..., for uniform ones."""
    ends = jnp.cumsum(1 / jnp.arange(1.0, count + 1))
    ends = (ends / ends[-1]).reshape((1,) * uniform.ndim + (count,))
    return jnp.minimum((uniform[..., None] >= ends).sum(-1), count - 1).astype(jnp.int32)


class Known(NamedTuple):
    """A reference whose metrics are known."""

    metrics: dict[str, jax.Array]
