"""Takes a free cell nearer to the goal, steps aside at random where there is none, and moves at random now and then.

**Source**: none, a control: what an agent can do with the same view and the same noise, without an expert.

    with probability j: uniform over free ways and staying
    else: uniform over the free ways that lead nearer; where there is none, uniform over free ways and staying

**Differs from the paper**: 1. the control is ours. A cell is free if one can stand there and no agent is there now.

**Shapes**: p agents.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.local_policies import Sight, free_ways, nearer_ways


class Sidestep(Method):
    """At its goal an agent moves at random only, which lets others pass."""

    jitter: float = 0.1  # probability of a random move, 0 to 1

    deterministic = True
    space = {"jitter": (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6)}

    def act(self, state: Any, sight: Sight, key: jax.Array) -> jax.Array:
        free = free_ways(sight)
        nearer = nearer_ways(sight)
        direct = free & nearer
        stays = jnp.ones_like(free[:, :1])
        aside = jnp.concatenate([free, stays], axis=1)
        ahead = jnp.concatenate([direct, ~direct.any(1, keepdims=True) & stays], axis=1)
        stuck = nearer.any(1, keepdims=True) & ~direct.any(1, keepdims=True)
        drawn = jax.random.uniform(key, (len(free), aside.shape[1] + 1))
        shaken = drawn[:, -1:] < self.jitter
        options = jnp.where(shaken | stuck, aside, ahead)
        return jnp.where(options, drawn[:, :-1], -1.0).argmax(-1).astype(jnp.int32)
