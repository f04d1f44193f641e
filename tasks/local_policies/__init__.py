"""Choose the next step from what is near: packets in a network, a walker who goes home, agents that must not collide.

A learner of `Router` says to which neighbour a packet goes; it sees the packet's node, the neighbours, and how far each
of them is from the destination. A learner of `Cartographer` says which steps in a maze are open; it remembers a walk
and what was seen on it. A learner of `Conductor` says what each of several agents does; an agent sees the cells and the
agents around it. The study forwards the packets, walks the way home and moves the agents, so that all learners pay
alike.

Shapes: p packets or agents, k neighbours, b walks, s side of a maze, 4 directions in the order of `gridworld.MOVES`.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp

from toybench.blocks import gridworld

WAYS = gridworld.MOVES[:4]  # up, down, left, right
BACK = (1, 0, 3, 2)  # the opposite of each way
FAR = 1e9  # a length that no path has
REACH = 2  # cells that an agent sees in every direction


@dataclass(frozen=True)
class RoutingSpec:
    """How many neighbours a node has at most, and how many nodes of the seed graph are labelled."""

    neighbours: int
    nodes: int


@dataclass(frozen=True)
class MazeSpec:
    """Side of the mazes, and how many walks in other mazes there are to learn from."""

    side: int
    walks: int


@dataclass(frozen=True)
class AgentSpec:
    """How many other agents there are, and how many steps of the expert's there are to learn from."""

    others: int
    steps: int


class View(NamedTuple):
    """What the node that holds a packet knows. Lengths are in units of the radio range.

    Attributes:
      node: its distance to the destination D, and its stretch (|O v| + |v D|) / |O D| for the origin O, [p, 2].
      neighbours: the same of its neighbours, [p, k, 2].
      present: which of the k are neighbours, bool [p, k].
      header: numbers of the graph, of the node and of the destination, int32 [p, 3]. They mean nothing to who has not
        seen the graph.
    """

    node: jax.Array
    neighbours: jax.Array
    present: jax.Array
    header: jax.Array


class Labelled(NamedTuple):
    """Nodes on shortest paths of the seed graph, and the worth of each neighbour.

    Attributes:
      view: of these nodes.
      worth: -(|v u| + length of the shortest path from u to the destination), [p, k]; 0 where there is no neighbour.
    """

    view: View
    worth: jax.Array


class Memory(NamedTuple):
    """What is remembered of a walk. Every array is [b, 4, s, s]: a step in one of 4 directions from each cell.

    Attributes:
      opened: how many times the step was seen to be open.
      closed: how many times it was seen to be closed.
      walked: whether it was taken, in either direction, bool.
      entered: whether it leads from a cell back to where that cell was first entered from, bool.
    """

    opened: jax.Array
    closed: jax.Array
    walked: jax.Array
    entered: jax.Array


class Lessons(NamedTuple):
    """Walks in other mazes: what is remembered of them, and which steps are open in truth, bool [b, 4, s, s]."""

    memory: Memory
    truth: jax.Array


class Sight(NamedTuple):
    """What an agent sees. Costs are moves to its own goal.

    Attributes:
      patch: costs to go from the 5 x 5 cells around it less its own, [p, 25]; 0 where nobody can stand.
      blocked: where nobody can stand, bool [p, 25].
      own: offset of its goal, last action (one of 5, or none) and which of 4 ways lead nearer to the goal, [p, 12].
      others: the same of the agents within the patch, the nearest first, after their offset, [p, k, 14].
      present: which of these there are, bool [p, k].
      header: numbers of the instance, the agent and the round, int32 [p, 3]. They mean nothing to who has no plan.
    """

    patch: jax.Array
    blocked: jax.Array
    own: jax.Array
    others: jax.Array
    present: jax.Array
    header: jax.Array


class Demonstrations(NamedTuple):
    """What the expert did: sights [m], actions int32 [m], and the chance to be drawn, cumulative, [m]."""

    sight: Sight
    action: jax.Array
    drawn: jax.Array


class Router(Protocol):
    """Forwards packets."""

    def forward(self, state: Any, view: View, key: jax.Array) -> jax.Array:
        """Number int32 [p] of the neighbour that each packet goes to."""


class Cartographer(Protocol):
    """Draws the map that the way home is planned on."""

    def draw_map(self, state: Any, memory: Memory) -> jax.Array:
        """Which steps are on the map, bool [b, 4, s, s]; a step is there in both directions or in none."""


class Conductor(Protocol):
    """Moves agents."""

    def act(self, state: Any, sight: Sight, key: jax.Array) -> jax.Array:
        """Action int32 [p] of each agent, in the order of `gridworld.MOVES`."""


def nearest(view: View) -> jax.Array:
    """The neighbour [p] that is nearest to the destination: greedy forwarding."""
    return jnp.where(view.present, view.neighbours[..., 0], FAR).argmin(-1)


def beside(x: jax.Array, way: int, outside: float | bool) -> jax.Array:
    """What x [.., s, s] is at the cell that lies one step away from each; `outside` beyond the board."""
    down, right = WAYS[way]
    side = x.shape[-1]
    bordered = jnp.pad(x, [(0, 0)] * (x.ndim - 2) + [(1, 1), (1, 1)], constant_values=outside)
    return bordered[..., 1 + down : 1 + down + side, 1 + right : 1 + right + side]


def either_way(steps: jax.Array) -> jax.Array:
    """Steps [.., 4, s, s] that are there in one of the two directions, bool."""
    back = [beside(steps[..., BACK[way], :, :], way, False) for way in range(len(WAYS))]
    return steps | jnp.stack(back, axis=-3)


def two_way(steps: jax.Array) -> jax.Array:
    """Steps [.., 4, s, s] by those down and to the right, bool [.., 2, s, s]."""
    none = jnp.zeros_like(steps[..., 0, :, :])
    return either_way(jnp.stack([none, steps[..., 0, :, :], none, steps[..., 1, :, :]], axis=-3))


def inside(side: int) -> jax.Array:
    """Which steps stay on the board, bool [4, s, s]."""
    board = jnp.ones((side, side), bool)
    return jnp.stack([beside(board, way, False) for way in range(len(WAYS))])


def nearer_ways(sight: Sight) -> jax.Array:
    """Which of the 4 ways lead nearer to the agent's goal, bool [p, 4]; none at the goal."""
    return sight.own[:, -len(WAYS) :] > 0


def free_ways(sight: Sight) -> jax.Array:
    """Which of the 4 ways lead to a cell where one can stand and no agent is, bool [p, 4]."""
    width = 2 * REACH + 1
    around = [width * (REACH + down) + REACH + right for down, right in WAYS]
    steps = jnp.asarray(WAYS, sight.others.dtype) / REACH
    there = (sight.others[:, :, None, :2] == steps[None, None]).all(-1) & sight.present[..., None]
    return ~sight.blocked[:, jnp.asarray(around)] & ~there.any(1)
