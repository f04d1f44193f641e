"""Finding a path in a graph that stands in the prompt: which nodes does a learner write down, and what does it know?

Every prompt holds a graph as a set of edges, a start and a goal. A learner sees names of nodes, integers without
meaning, and writes the nodes after the start. It answers for the whole path, as learners differ in the order in which
they write one.

Shapes: b prompts, e edges, p nodes of a path, l blocks, d features, v names.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax


@dataclass(frozen=True)
class PromptSpec:
    """Sizes of the prompts.

    Attributes:
      names: of nodes, 0 to names - 1; the number `names` fills a path behind its goal.
      edges: of a graph.
      path: places of a path, the start left out.
      directed: whether an edge leads one way.
    """

    names: int
    edges: int
    path: int
    directed: bool


class Prompt(NamedTuple):
    """Graphs and questions.

    Attributes:
      edges: both ends of each edge, the first the one that it leads from where it leads one way: int32 [b, e, 2].
      ends: start and goal, int32 [b, 2].
    """

    edges: jax.Array
    ends: jax.Array


class Batch(NamedTuple):
    """Prompts, and the nodes after the start up to the goal, int32 [b, p]."""

    prompt: Prompt
    path: jax.Array


class PathWriter(Protocol):
    """Writes paths."""

    def write(self, state: Any, prompt: Prompt) -> jax.Array:
        """The paths that it writes by itself, int32 [b, p]."""

    def go_on(self, state: Any, prompt: Prompt, path: jax.Array) -> jax.Array:
        """What it writes at each place if the true nodes stand before it, int32 [b, p].

        A learner that reads no nodes of the path answers as in `write`.
        """


class MazeReader(Protocol):
    """Writes paths through mazes, and shows what it holds before it writes the first node."""

    def write(self, state: Any, prompt: Prompt) -> jax.Array:
        """The paths that it writes by itself, int32 [b, p]."""

    def residual(self, state: Any, prompt: Prompt) -> jax.Array:
        """What the token before the path holds after each block, [b, l, d]."""

    def embedding(self, state: Any) -> jax.Array:
        """The vectors that stand for the nodes, [v, d]."""
