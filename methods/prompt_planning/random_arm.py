"""Guesses the first step, then follows the edges: what prediction can do that doesn't look back from the goal.

**Source**: the "Clever Hans" cheat of Bachmann and Nagarajan, "The pitfalls of next-token prediction", 2024,
https://arxiv.org/abs/2403.06963 (from memory), as a program.

    v_1 = head of the first shown edge whose tail is the start;   v_{i+1} = head of the edge whose tail is v_i

**Differs from the paper**: nothing. Edges are shown in a random order, so that the first is a random arm.

**Shapes**: b prompts, e edges, p nodes of a path.
"""

from typing import Any

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.tasks.prompt_planning import Prompt


def following(edges: jax.Array, node: jax.Array) -> jax.Array:
    """Heads [b] of the first of the edges int32 [b, e, 2] whose tails are these nodes int32 [b]."""
    place = (edges[:, :, 0] == node[:, None]).argmax(1)
    return jnp.take_along_axis(edges[:, :, 1], place[:, None], axis=1)[:, 0]


class RandomArm(Method):
    """Knows the edges, and not how to choose."""

    deterministic = True

    def write(self, state: Any, prompt: Prompt) -> jax.Array:
        nodes = [following(prompt.edges, prompt.ends[:, 0])]
        for _ in range(self.spec.path - 1):
            nodes.append(following(prompt.edges, nodes[-1]))
        return jnp.stack(nodes, axis=1)

    def go_on(self, state: Any, prompt: Prompt, path: jax.Array) -> jax.Array:
        before = jnp.concatenate([prompt.ends[:, :1], path[:, :-1]], axis=1)
        return jnp.stack([following(prompt.edges, node) for node in before.T], axis=1)
