"""Plain search on the edges that the texts show.

**Source**: none, breadth-first search; what a learner does that is told what a path is.

    next = k with A[current, k] and a shorter way of seen edges to the goal than from the current node

**Differs from the paper**: nothing.

**Shapes**: b prompts, m positions of a path, n nodes.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.blocks.paths import hop_distances
from toybench.methods.path_models import _rules as rules
from toybench.tasks.path_models import tables


class State(NamedTuple):
    """Seen edges bool [n, n], and the number of them on a shortest path, int32 [n, n]; longest + 1 without one."""

    edges: jax.Array
    hops: jax.Array


class ClosureSearch(Method):
    """Joins texts as the limits of the theory forbid."""

    deterministic = True

    def init(self, key: jax.Array) -> State:
        edges, _ = tables(self.given, self.spec)
        return State(edges=edges, hops=hop_distances(edges.astype(jnp.float32), self.spec.longest))

    def next_node(self, state: State, prompt: jax.Array, path: jax.Array, length: jax.Array) -> jax.Array:
        left = state.hops.T  # [goal, node]
        allowed = state.edges[:, None, :] & (left[None, :, :] < left.T[:, :, None])
        return rules.step_logits(allowed, state.edges, prompt, path, length)

    def decide(self, state: State, prompt: jax.Array) -> jax.Array:
        return state.hops[prompt[:, 0], prompt[:, 1]] <= self.spec.longest
