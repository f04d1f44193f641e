"""Paths of one directed acyclic graph, learnt from text: what does a next-token learner know of the graph?

A text is "s t s a b t": source, goal, and a path from one to the other; or "s t none" where there is no path. Nodes are
integers whose names say nothing. The graph is the same in all texts of a world, and no learner sees it.

A learner answers one of two questions, or both. `Walker`: which node comes next, given a source, a goal and the path so
far? `Decider`: is there a path at all? The study writes the paths node by node and judges them; a learner that decides
by a path of its own writes it with `generate`.

Shapes: b texts or prompts, n nodes, m positions of a path (its source is the first), t tokens of a text (m + 2),
N texts of the corpus.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp


@dataclass(frozen=True)
class TextSpec:
    """How many nodes, the most edges of a path, and the share of the texts that say "none".

    A token is a node, 0 to `nodes` - 1, or "none", which is `nodes`.
    """

    nodes: int
    longest: int
    none_share: float


class Texts(NamedTuple):
    """Texts of different lengths.

    Attributes:
      tokens: source, goal and path, int32 [b, t]; what stands after the end of a text is no part of it.
      length: tokens of each text, int32 [b].
    """

    tokens: jax.Array
    length: jax.Array


class Corpus(NamedTuple):
    """All training texts.

    Attributes:
      texts: with tokens [N, t] and lengths [N].
      weight: chance of each text in a draw, up to a factor, [N]; a row of weight 0 is no text, and blank.
    """

    texts: Texts
    weight: jax.Array


class Walker(Protocol):
    """Continues a path."""

    def next_node(self, state: Any, prompt: jax.Array, path: jax.Array, length: jax.Array) -> jax.Array:
        """Logits [b, n + 1] of the next token, the last one for "none".

        `prompt` int32 [b, 2] holds sources and goals, `path` int32 [b, m] what was written so far, of which the first
        `length` [] positions count. With a length of 0 the source itself comes next, or "none".
        """


class Decider(Protocol):
    """Says whether a goal can be reached."""

    def decide(self, state: Any, prompt: jax.Array) -> jax.Array:
        """bool [b]: is there a path, for prompts int32 [b, 2] of sources and goals? Half of them have one."""


Next = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]


def generate(next_node: Next, spec: TextSpec, prompt: jax.Array, noise: jax.Array | None = None) -> jax.Array:
    """Paths int32 [b, m] from the sources on: always the next token of the largest logit plus noise.

    `next_node` takes (prompt, path, length). Gumbel noise [m - 1, b, n + 1] times a temperature samples at this
    temperature. What is written after the goal or after "none" means nothing.
    """
    empty = jnp.zeros((len(prompt), spec.longest), jnp.int32)
    start = jnp.concatenate([prompt[:, :1], empty], axis=1)

    def write(path: jax.Array, step: tuple[jax.Array, Any]) -> tuple[jax.Array, None]:
        length, jitter = step
        logits = next_node(prompt, path, length)
        scores = logits if jitter is None else logits + jitter
        return path.at[:, length].set(scores.argmax(1).astype(jnp.int32)), None

    path, _ = jax.lax.scan(write, start, (jnp.arange(1, spec.longest + 1), noise))
    return path


def arrives(path: jax.Array, goal: jax.Array, none: int) -> jax.Array:
    """bool [b]: does a path [b, m] come to its goal [b] before it says "none"? Its edges aren't looked at."""
    at_goal = path == goal[:, None]
    stopped = jnp.cumsum((path == none).astype(jnp.int32), axis=1) > 0
    return (at_goal & ~stopped).any(1)


def tables(corpus: Corpus, spec: TextSpec) -> tuple[jax.Array, jax.Array]:
    """What the corpus shows: edges bool [n, n], and reachability bool [n, n], the latter [goal, node].

    A node is seen to reach a goal where it follows the source on a path of a text with this goal. The source itself
    doesn't count: no text has it as the answer to a question.
    """
    source = corpus.texts.tokens[:, 2:-1]
    target = corpus.texts.tokens[:, 3:]
    goal = jnp.broadcast_to(corpus.texts.tokens[:, 1:2], target.shape)
    place = jnp.arange(target.shape[1]) + 3
    real = (place[None, :] < corpus.texts.length[:, None]) & (corpus.weight > 0)[:, None]
    empty = jnp.zeros((spec.nodes + 1, spec.nodes + 1), bool)
    edges = empty.at[source, target].max(real)
    reached = empty.at[goal, target].max(real)
    return edges[: spec.nodes, : spec.nodes], reached[: spec.nodes, : spec.nodes]
