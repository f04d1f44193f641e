"""A walk along seen edges that does not look at the goal.

**Source**: none; the control for what adjacency alone is worth.

    next = any k with A[current, k]

**Differs from the paper**: nothing.

**Shapes**: b prompts, m positions of a path, n nodes.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from toybench import Method
from toybench.methods.path_models import _rules as rules
from toybench.tasks.path_models import tables


class State(NamedTuple):
    """Seen edges, bool [n, n]."""

    edges: jax.Array


class SeenEdgeWalk(Method):
    """Arrives by luck."""

    deterministic = True

    def init(self, key: jax.Array) -> State:
        edges, _ = tables(self.given, self.spec)
        return State(edges=edges)

    def next_node(self, state: State, prompt: jax.Array, path: jax.Array, length: jax.Array) -> jax.Array:
        nodes = self.spec.nodes
        allowed = jnp.broadcast_to(state.edges[:, None, :], (nodes, nodes, nodes))
        return rules.step_logits(allowed, state.edges, prompt, path, length)
