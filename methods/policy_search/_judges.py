"""What judges of a class have in common: one instance at a time, and means over the visits of states.

Shapes: n instances, H layers, S states a layer, t roll-outs or trees, p policies.
"""

import abc
from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.policy_search import ClassSpec, Simulator


class Judge(Method, abc.ABC):
    """Makes all queries when it is asked, for each instance alone."""

    deterministic = True

    @abc.abstractmethod
    def judge(self, simulator: Simulator, key: jax.Array) -> jax.Array:
        """Estimated values [p] of one instance."""

    @abc.abstractmethod
    def needed(self) -> int:
        """Queries an instance."""

    def fits(self, spec: Any) -> str | None:
        return None if isinstance(spec, ClassSpec) else "it judges a class of policies by queries of a simulator"

    def values(self, state: Any, key: jax.Array) -> jax.Array:
        return jax.vmap(self.judge)(self.given, jax.random.split(key, self.spec.instances))

    def queries(self, state: Any) -> jax.Array:
        return jnp.asarray(float(self.needed()))


def by_state(values: jax.Array, states: jax.Array, count: int) -> jax.Array:
    """Sums [H S] of values [t, H] over the states int32 [t, H] where they were found, layer by layer."""
    layers = states.shape[1]
    layer = jnp.arange(layers)[None]
    return jnp.zeros((layers, count)).at[layer, states].add(values).reshape(-1)
