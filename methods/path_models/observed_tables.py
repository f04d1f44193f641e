"""The tables that the theory says are learnt, read off the texts: edges seen, and nodes seen on the way to a goal.

**Source**: Wang, Shen, Feng, Sun, Teng and Chen, "ALPINE: Unveiling the Planning Capability of Autoregressive Learning
in Language Models", 2024, https://arxiv.org/abs/2405.09220: the algorithm that steps by an adjacency and a reachability
matrix, with what the texts show of both (from memory; the section could not be read).

    next = k with A[current, k] and R[goal, k];    R[goal, k] if a text with this goal has k after its source

**Differs from the paper**: 1. where no step is allowed, it follows a seen edge at random.

**Shapes**: b prompts, m positions of a path, n nodes.
"""

from typing import NamedTuple

import jax

from toybench import Method
from toybench.methods.path_models import _rules as rules
from toybench.tasks.path_models import tables


class State(NamedTuple):
    """Seen edges and seen reachability [goal, node], bool [n, n]."""

    edges: jax.Array
    reached: jax.Array


class ObservedTables(Method):
    """What is known without joining texts."""

    paper = "wang2024alpine"
    deterministic = True

    def init(self, key: jax.Array) -> State:
        edges, reached = tables(self.given, self.spec)
        return State(edges=edges, reached=reached)

    def allowed(self, state: State) -> jax.Array:
        """bool [current, goal, next]."""
        return state.edges[:, None, :] & state.reached[None, :, :]

    def next_node(self, state: State, prompt: jax.Array, path: jax.Array, length: jax.Array) -> jax.Array:
        return rules.step_logits(self.allowed(state), state.edges, prompt, path, length)

    def decide(self, state: State, prompt: jax.Array) -> jax.Array:
        return self.allowed(state)[prompt[:, 0], prompt[:, 1]].any(1)
