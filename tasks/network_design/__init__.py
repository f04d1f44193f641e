"""Choose which roads to widen, when drivers then choose their own ways.

A learner of `Planner` proposes designs, round after round. A design widens 5 of 14 roads. The study answers with the
flows to which drivers settle (the user equilibrium) and with the time that all of them spend. Each answer is one exact
solution of the equilibrium, and every learner may ask for as many. Beside the roads it is given, for nothing, solutions
of plans that widen a road less or more than is allowed: what a stand-in for the equilibrium is trained on beforehand.

Shapes: g networks, r roads, w ways, o pairs of an origin and a destination, c candidates, d designs, m of a round,
n solved plans.
"""

import itertools
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np


@dataclass(frozen=True)
class DesignSpec:
    """Networks of a world, candidate roads, how many of them are widened, and designs that a round may ask for."""

    networks: int
    candidates: int
    chosen: int
    asked: int


class Network(NamedTuple):
    """A road network before anything is built. A leading axis [g] where there are several.

    Attributes:
      capacity, free_time: of the roads, [r].
      demand: trips of every pair of an origin and a destination, [o].
      candidates: roads that may be widened, int32 [c].
      ways: which roads each way uses, [w, r].
      pairs: which pair each way serves, [w, o].
      leaves, enters: the node where a road begins and ends, one-hot [r, n].
      trips: demand from each node to each other, [n, n].
    """

    capacity: jax.Array
    free_time: jax.Array
    demand: jax.Array
    candidates: jax.Array
    ways: jax.Array
    pairs: jax.Array
    leaves: jax.Array
    enters: jax.Array
    trips: jax.Array


class Solved(NamedTuple):
    """Plans that are no designs, bits [g, n, c], with their flows [g, n, r] and times in all [g, n]."""

    bits: jax.Array
    flow: jax.Array
    time: jax.Array


class Known(NamedTuple):
    """What every learner is given: the networks, and plans that are solved."""

    network: Network
    solved: Solved


class Answers(NamedTuple):
    """What a round brings: designs int32 [g, m], their flows [g, m, r] and times in all [g, m]."""

    design: jax.Array
    flow: jax.Array
    time: jax.Array


class Planner(Protocol):
    """Looks for the design of least time."""

    def propose(self, state: Any, key: jax.Array) -> jax.Array:
        """Numbers of the designs that are to be solved, int32 [g, m]."""


GROWTH = 0.5  # of its capacity that a widened road gains: the authors add a lane to two
RISE = 0.15  # of the time on a road whose flow is its capacity, the usual value of the Bureau of Public Roads
POWER = 4  # of the flow over the capacity, the usual value


def designs(candidates: int, chosen: int) -> np.ndarray:
    """All designs in their order, bits float32 [d, c]."""
    rows = [[i in row for i in range(candidates)] for row in itertools.combinations(range(candidates), chosen)]
    return np.asarray(rows, np.float32)


def capacities(network: Network, bits: jax.Array) -> jax.Array:
    """Capacities of the roads [..., r] of designs [..., c]."""
    widened = bits @ jax.nn.one_hot(network.candidates, network.capacity.shape[0])
    return network.capacity.reshape((1,) * (widened.ndim - 1) + (-1,)) * (1 + GROWTH * widened)


def road_times(free_time: jax.Array, capacity: jax.Array, flow: jax.Array) -> jax.Array:
    """Time on each road, for arrays of one shape."""
    return free_time * (1 + RISE * (flow / capacity) ** POWER)


def total_time(network: Network, bits: jax.Array, flow: jax.Array) -> jax.Array:
    """Time that all drivers spend [...] with designs [..., c] and flows [..., r]."""
    capacity = capacities(network, bits)
    free_time = jnp.broadcast_to(network.free_time.reshape((1,) * (capacity.ndim - 1) + (-1,)), capacity.shape)
    return (flow * road_times(free_time, capacity, flow)).sum(-1)
