"""Answer at the nodes of a graph when nodes update at random times and hear of their neighbours late.

A learner answers at every node (`predict`) after a run by a schedule, which says who updates at a tick and how late
its messages are. A network is trained as it likes; a task judges it by a schedule where all nodes update together and
by a random one.

Shapes: b graphs, n nodes, k neighbours at most, d features, w numbers of a node's state, m of a message, t ticks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple, Protocol

import jax
import jax.numpy as jnp

Loss = Literal["logistic", "squared"]
Carry = tuple[jax.Array, jax.Array, jax.Array]
LATEST = 3  # ticks that a message takes at most, on top of the one at which it is read


class Graphs(NamedTuple):
    """Undirected graphs as lists of neighbours.

    Attributes:
      x: features [b, n, d].
      neighbours: int32 [b, n, k]; where there is none, any node.
      linked: bool [b, n, k], which entries of the list are neighbours.
    """

    x: jax.Array
    neighbours: jax.Array
    linked: jax.Array


class Schedule(NamedTuple):
    """Which nodes update at a tick, bool [t, n], and how late they read each neighbour, int32 [t, n, k]."""

    awake: jax.Array
    delay: jax.Array


class Batch(NamedTuple):
    """Graphs, their answers [b, n], and a random schedule, for learners that practise by one."""

    graphs: Graphs
    answers: jax.Array
    schedule: Schedule


class ScheduledAnswers(Protocol):
    """What a trained network answers."""

    def predict(self, state: Any, graphs: Graphs, schedule: Schedule) -> jax.Array:
        """One number [b, n] at every node after the schedule's ticks: a logit, or the answer itself."""


@dataclass(frozen=True)
class Spec:
    """What a learner may know.

    Attributes:
      nodes: of every graph.
      features: of a node.
      neighbours: of a node at most.
      width: of a node's state.
      loss: logistic for logits, squared for numbers; the mean over all nodes.
    """

    nodes: int
    features: int
    neighbours: int
    width: int
    loss: Loss


def mean_loss(kind: Loss, given: jax.Array, wanted: jax.Array) -> jax.Array:
    """Mean loss over nodes and graphs."""
    if kind == "logistic":
        return (jax.nn.softplus(given) - wanted * given).mean()
    return jnp.square(given - wanted).mean()


class Dynamics(NamedTuple):
    """What nodes do.

    Attributes:
      start: states [b, n, w] before the first tick.
      send: from a node's state to what its neighbours hear, [b, n, w] to [b, n, m].
      step: from (own states [b, n, w], what was heard [b, n, k, m], updates so far int32 [n]) to new states.
    """

    start: jax.Array
    send: Callable[[jax.Array], jax.Array]
    step: Callable[[jax.Array, jax.Array, jax.Array], jax.Array]


def together(ticks: int, graphs: Graphs) -> Schedule:
    """The schedule of a synchronous run: all nodes at every tick, and no delays."""
    shape = (ticks, *graphs.neighbours.shape[1:])
    return Schedule(awake=jnp.ones(shape[:2], bool), delay=jnp.zeros(shape, jnp.int32))


def hear(sent: jax.Array, neighbours: jax.Array) -> jax.Array:
    """What all neighbours sent, [b, n, k, m], from what nodes sent, [b, n, m]."""
    return jax.vmap(lambda own, listed: own[listed])(sent, neighbours)


def settle(dynamics: Dynamics, graphs: Graphs, rounds: int) -> jax.Array:
    """States [1 + rounds, b, n, w] of a synchronous run: `run` by `together`, with what is on the way."""

    def tick(h: jax.Array, done: jax.Array) -> tuple[jax.Array, jax.Array]:
        heard = hear(dynamics.send(h), graphs.neighbours)
        moved = dynamics.step(h, heard, jnp.full(h.shape[1], done))
        return moved, moved

    _, later = jax.lax.scan(tick, dynamics.start, jnp.arange(rounds))
    return jnp.concatenate([dynamics.start[None], later])


def run(dynamics: Dynamics, graphs: Graphs, schedule: Schedule) -> jax.Array:
    """States [b, n, w] after the schedule's ticks; a delay of 0 hears of the states that the tick before left."""
    sent = jnp.repeat(dynamics.send(dynamics.start)[:, None], LATEST + 1, axis=1)
    start = dynamics.start, sent, jnp.zeros(dynamics.start.shape[1], jnp.int32)

    def tick(carry: Carry, now: Schedule) -> tuple[Carry, None]:
        h, sent, done = carry
        heard = jax.vmap(lambda past, listed: past[now.delay, listed])(sent, graphs.neighbours)
        h = jnp.where(now.awake[None, :, None], dynamics.step(h, heard, done), h)
        sent = jnp.concatenate([dynamics.send(h)[:, None], sent[:, :-1]], axis=1)
        return (h, sent, done + now.awake.astype(jnp.int32)), None

    return jax.lax.scan(tick, start, schedule)[0][0]


def speaks(answer: Callable[[Graphs], jax.Array]) -> Any:
    """A reference that answers so by any schedule."""
    return SimpleNamespace(predict=lambda graphs, schedule: answer(graphs))
