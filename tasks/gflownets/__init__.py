"""Learn to draw objects with probability proportional to a reward, building them step by step on a graph.

At each round the task asks the learner for a batch of trajectories from the root to a complete object, and pays the
reward of each object once. Every learner buys the same number of objects; which ones is its own choice.
Shapes: t edges of the longest trajectory, b objects a round, s entries of a state, m cells, n samples.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench.tasks.gflownets._graphs import Graph, Grid, Sets, Strings

__all__ = ["ExactSampler", "Graph", "Grid", "Sampler", "Sets", "Spec", "Strings", "Trajectories", "follow", "retrace"]

SAMPLES = 1024  # objects that a `Sampler` draws for an evaluation


class ExactSampler(Protocol):
    """What a learner answers where all objects can be enumerated."""

    def propose(self, state: Any, key: jax.Array) -> jax.Array:
        """The actions of this round's trajectories from the root, int32 [t, b]; those after the end don't matter."""

    def law(self, state: Any) -> jax.Array:
        """The probability of each object when the learner draws without exploring, [m], cells as in the graph."""


class Sampler(Protocol):
    """What a learner answers where objects are too many to enumerate."""

    def propose(self, state: Any, key: jax.Array) -> jax.Array:
        """The actions of this round's trajectories from the root, int32 [t, b]."""

    def samples(self, state: Any, key: jax.Array) -> jax.Array:
        """Objects that the learner draws without exploring, int32 [SAMPLES, s]."""


@dataclass(frozen=True)
class Spec:
    """What a method may know: the graph, and how trajectories are shown.

    Attributes:
      batch: objects bought a round.
      replay: objects of earlier rounds that every learner with a memory reads again at each round.
      energies: whether states on the way have an energy.
      complete: whether trajectories are shown to their end, and so with their reward.
    """

    graph: Graph
    batch: int
    replay: int = 0
    energies: bool = True
    complete: bool = True


class Trajectories(NamedTuple):
    """A batch.

    Attributes:
      states: int32 [t + 1, b, s], the terminal state repeated after the end.
      actions: int32 [t, b].
      seen: bool [t, b], the edges that exist and are shown.
      log_reward: [b], 0 where the trajectory isn't shown to its end.
      energy: [t + 1, b] of each state, -log reward at a terminal one; zeros where the spec has no energies.
    """

    states: jax.Array
    actions: jax.Array
    seen: jax.Array
    log_reward: jax.Array
    energy: jax.Array


def follow(graph: Graph, actions: jax.Array) -> jax.Array:
    """States int32 [t + 1, b, s] of trajectories from the root by their actions [t, b]."""
    root = graph.root()
    start = jnp.broadcast_to(root, (actions.shape[1], len(root)))

    def step(state: jax.Array, action: jax.Array) -> tuple[jax.Array, jax.Array]:
        after = jax.vmap(lambda s, a: jnp.where(graph.terminal(s), s, graph.step(s, a)))(state, action)
        return after, after

    return jnp.concatenate([start[None], jax.lax.scan(step, start, actions)[1]])


def retrace(graph: Graph, objects: jax.Array, u: jax.Array) -> jax.Array:
    """Actions int32 [t, b] of paths from the root to objects [b, s], by the uniform backward policy; u [t, b]."""

    def step(state: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
        return jax.vmap(graph.undo)(state, u)

    backwards = jax.lax.scan(step, objects, u)[1]
    last = jax.vmap(graph.depth)(objects) - 1
    return jnp.take_along_axis(backwards, jnp.maximum(last[None, :] - jnp.arange(len(u))[:, None], 0), axis=0)


def live(graph: Graph, states: jax.Array) -> jax.Array:
    """bool [t, b]: the edges before the end, of states [t + 1, b, s]."""
    return ~jax.vmap(jax.vmap(graph.terminal))(states[:-1])


def total_variation(p: jax.Array, q: jax.Array) -> jax.Array:
    """Half of the summed difference over the last axis."""
    return 0.5 * jnp.abs(p - q).sum(-1)


def expected_finds(p: jax.Array, draws: int) -> jax.Array:
    """Expected number of objects with probabilities p [n] that come up in independent draws."""
    return (1 - jnp.exp(draws * jnp.log1p(-p))).sum()


def uniform_law(graph: Sets | Grid) -> jax.Array:
    """The law [m] of drawing every allowed action with equal probability."""
    allowed = jax.vmap(graph.allowed)(graph.every()).astype(jnp.float32)
    return graph.law(allowed / jnp.maximum(allowed.sum(-1, keepdims=True), 1.0))
