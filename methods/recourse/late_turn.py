"""Follows the original path as long as the goal stays in reach, then goes there by the moves the individual likes best.

**Source**: none; the humble rival, which plans no more than the way to the goal, and weighs nothing.

**Differs from the paper**: nothing, as there is none.

**Shapes**: S cells, A moves, H moves of a path.
"""

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.gridworld import distances
from toybench.tasks.recourse import Case


class LateTurn(Method):
    """Turns off the original at the last moment."""

    def path(self, state: tuple, case: Case, key: jax.Array) -> jax.Array:
        following = self.given
        rest = distances(following)[:, case.goal]
        left = jnp.arange(self.spec.length)[::-1]

        def step(now: tuple[jax.Array, jax.Array], plan: tuple) -> tuple[tuple[jax.Array, jax.Array], jax.Array]:
            here, following_it = now
            old, policy, moves_left = plan
            in_reach = rest[following[here]] <= moves_left
            on = following_it & in_reach[old]
            liked = jnp.where(in_reach, policy[here], -1.0).argmax().astype(jnp.int32)
            move = jnp.where(on, old, liked)
            return (following[here, move], on), move

        first = (case.start, jnp.array(True))
        return jax.lax.scan(step, first, (case.original, case.policy, left))[1]
