"""Takes a random one of the moves that lead nearer to the goal, and waits now and then.

**Source**: none, a control: decentralised shortest paths with the randomness that cloned policies have.

    wait with probability w, else uniform over the ways on a shortest path

**Differs from the paper**: 1. the control is ours.

**Shapes**: p agents.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.local_policies import WAYS, Sight, nearer_ways

STAY = len(WAYS)


class GreedyWait(Method):
    """At its goal an agent stays."""

    wait: float = 0.2  # probability of a wait, 0 to 1

    deterministic = True
    space = {"wait": (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6)}

    def act(self, state: Any, sight: Sight, key: jax.Array) -> jax.Array:
        ways = nearer_ways(sight)
        drawn = jax.random.uniform(key, (len(ways), STAY + 1))
        best = jnp.where(ways, drawn[:, :STAY], -1.0).argmax(-1)
        return jnp.where(ways.any(-1) & (drawn[:, STAY] >= self.wait), best, STAY).astype(jnp.int32)
