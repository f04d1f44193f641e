"""Takes a free cell nearer to the goal; where there is none, it waits or steps aside.

**Source**: none, a control: what an agent can do with the same view, without an expert.

    uniform over the free ways that lead nearer, else wait with probability w, else uniform over all free ways

**Differs from the paper**: 1. the control is ours. A cell is free if one can stand there and no agent is there now.

**Shapes**: p agents.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.local_policies import WAYS, Sight, free_ways, nearer_ways

STAY = len(WAYS)


class Sidestep(Method):
    """At its goal an agent stays."""

    wait: float = 0.5  # probability of a wait where no free way leads nearer, 0 to 1

    deterministic = True
    space = {"wait": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)}

    def act(self, state: Any, sight: Sight, key: jax.Array) -> jax.Array:
        free = free_ways(sight)
        nearer = nearer_ways(sight)
        direct = free & nearer
        drawn = jax.random.uniform(key, (len(free), STAY + 1))
        aside = free & (drawn[:, STAY] >= self.wait)[:, None] & nearer.any(-1, keepdims=True)
        ways = jnp.where(direct.any(-1, keepdims=True), direct, aside)
        best = jnp.where(ways, drawn[:, :STAY], -1.0).argmax(-1)
        return jnp.where(ways.any(-1), best, STAY).astype(jnp.int32)
