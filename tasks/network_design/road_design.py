"""Nine crossings, 24 roads, 14 of which may be widened: which five spare drivers the most time?

Isolates what a learned stand-in for the equilibrium is worth. Drivers of twelve pairs choose among their four fastest
ways until none can gain. Where the iteration stops, they could spare a millionth of their time in most networks, and a
thousandth in a few. All 2,002 designs are solved when the world is made, so that a learner's answers are looked up, and
the best design is known. One network a world, 128 plans that are solved beforehand; 4 rounds of 5 answers.
"""

import itertools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.tasks.network_design import (
    POWER,
    RISE,
    Answers,
    DesignSpec,
    Known,
    Network,
    Planner,
    Solved,
    capacities,
    designs,
    road_times,
    total_time,
)

SIDE = 3  # crossings of a side of the square
PAIRS = 12  # pairs of an origin and a destination
WAYS = 4  # ways that a pair's drivers may take
LOAD = 1.2  # mean flow over capacity, were all to take their fastest empty way
FIRST_TURNS = 100  # of the equilibrium's iteration, before anything is built
TURNS = 30  # of the same for a design, from there on
LEAST = 1e-6  # keeps a quotient finite where no road's time grows


class World(NamedTuple):
    """Networks, what every design leads to, and what a learner has found.

    Attributes:
      network: with a leading axis [g].
      solved: plans of a road less or more.
      flow: of all designs, [g, d, r].
      time: in all, [g, d].
      found: least time among the answers, [g].
      exact: how many designs were solved for the learner, [].
    """

    network: Network
    solved: Solved
    flow: jax.Array
    time: jax.Array
    found: jax.Array
    exact: jax.Array


class Reference(NamedTuple):
    """A learner that is done: a world with what it has found."""

    world: World


class RoadDesign(Task):
    """The best of 20 designs that were solved exactly."""

    networks: int = 1
    candidates: int = 14
    chosen: int = 5
    asked: int = 5  # designs of a round
    plans: int = 128  # solved beforehand
    steps: int = 4  # type: ignore[misc]  # rounds

    interface = Planner
    kind = "interactive"
    checkpoints = 4
    metrics = {
        "range_gap": Metric("min", "what the best found design lacks, over what the median design lacks; mean"),
        "gap": Metric("min", "time of the best found design over that of the best one, less 1; mean"),
        "hits": Metric("max", "share of the networks whose best design was found"),
        "solved": Metric("info", "designs that were solved for the learner, a network"),
    }

    @property
    def spec(self) -> DesignSpec:
        return DesignSpec(networks=self.networks, candidates=self.candidates, chosen=self.chosen, asked=self.asked)

    def sample(self, key: jax.Array) -> World:
        roads = len(roads_of(SIDE))
        drawn = uniforms(
            key,
            time=(self.networks, roads),
            capacity=(self.networks, roads),
            pairs=(self.networks, SIDE**2 * (SIDE**2 - 1)),
            demand=(self.networks, PAIRS),
            candidates=(self.networks, roads),
            plans=(self.networks, self.plans, self.candidates),
        )
        plans = self.plan(drawn.pop("plans"))
        network = jax.vmap(self.build)(drawn)
        bits = jnp.asarray(designs(self.candidates, self.chosen))
        flow = jax.vmap(lambda one: all_flows(one, bits))(network)
        time = jax.vmap(lambda one, found: total_time(one, bits, found))(network, flow)
        planned = jax.vmap(all_flows)(network, plans)
        solved = Solved(bits=plans, flow=planned, time=jax.vmap(total_time)(network, plans, planned))
        return World(network=network, solved=solved, flow=flow, time=time, found=time.max(1), exact=jnp.zeros(()))

    def plan(self, uniform: jax.Array) -> jax.Array:
        """Bits [g, n, c] of plans from uniform numbers: each second one widens a road less than a design, or more."""
        many = self.chosen + jnp.where(jnp.arange(self.plans) % 2 == 0, -1, 1)
        rank = jnp.argsort(jnp.argsort(uniform, axis=-1), axis=-1)
        return (rank < many[None, :, None]).astype(uniform.dtype)

    def build(self, drawn: dict[str, jax.Array]) -> Network:
        """A network from uniform numbers: times, capacities and demands within a factor of two."""
        table = all_ways(SIDE)
        free_time = 1 + drawn["time"]
        capacity = 1 + drawn["capacity"]
        pair = jnp.argsort(drawn["pairs"])[:PAIRS]
        used = jnp.asarray(table.roads)[pair]  # [o, most, r]
        empty = jnp.where(jnp.asarray(table.present)[pair], used @ free_time, jnp.inf)
        fastest = jnp.argsort(empty, axis=1)[:, :WAYS]
        ways = jnp.take_along_axis(used, fastest[..., None], axis=1)
        demand = 1 + drawn["demand"]
        alone = demand @ ways[:, 0]  # flows if all took their fastest empty way
        load = (alone / capacity).sum() / (alone > 0).sum(dtype=alone.dtype)
        demand = demand * LOAD / load
        ends = jnp.asarray(table.ends)[pair]
        trips = jnp.zeros((SIDE**2, SIDE**2)).at[ends[:, 0], ends[:, 1]].set(demand)
        leaves, enters = jnp.asarray(roads_of(SIDE)).T
        return Network(
            capacity=capacity,
            free_time=free_time,
            demand=demand,
            candidates=jnp.argsort(drawn["candidates"])[: self.candidates].astype(jnp.int32),
            ways=ways.reshape(PAIRS * WAYS, -1),
            pairs=jnp.repeat(jnp.eye(PAIRS), WAYS, axis=0),
            leaves=jax.nn.one_hot(leaves, SIDE**2),
            enters=jax.nn.one_hot(enters, SIDE**2),
            trips=trips,
        )

    def given(self, world: World) -> Known:
        return Known(network=world.network, solved=world.solved)

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Answers]:
        design = jnp.clip(learner.propose(key), 0, world.time.shape[1] - 1)
        time = jnp.take_along_axis(world.time, design, axis=1)
        flow = jnp.take_along_axis(world.flow, design[..., None], axis=1)
        found = jnp.minimum(world.found, time.min(1))
        exact = world.exact + design.shape[1]
        return world._replace(found=found, exact=exact), Answers(design=design, flow=flow, time=time)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        shown = learner.world if isinstance(learner, Reference) else world
        best = world.time.min(1)
        lacking = shown.found - best
        return {
            "range_gap": (lacking / (jnp.median(world.time, axis=1) - best)).mean(),
            "gap": (lacking / best).mean(),
            "hits": (lacking <= SAME * best).mean(dtype=best.dtype),
            "solved": shown.exact,
        }

    def floor(self, world: World) -> Reference:
        """The median design."""
        return Reference(world=world._replace(found=jnp.median(world.time, axis=1)))

    def oracle(self, world: World) -> Reference:
        """The best design."""
        return Reference(world=world._replace(found=world.time.min(1)))


class Ways(NamedTuple):
    """All ways without a circle between all pairs of crossings.

    Attributes:
      roads: which roads each uses, float32 [pairs, most, r].
      present: which of them there are, bool [pairs, most].
      ends: where a pair's ways begin and end, int32 [pairs, 2].
    """

    roads: np.ndarray
    present: np.ndarray
    ends: np.ndarray


def roads_of(side: int) -> np.ndarray:
    """Ends of the roads of a square of crossings, one road in each direction, int32 [r, 2]."""
    places = list(itertools.product(range(side), repeat=2))
    rows = [
        (a, b)
        for (a, p), (b, q) in itertools.product(enumerate(places), repeat=2)
        if abs(p[0] - q[0]) + abs(p[1] - q[1]) == 1
    ]
    return np.asarray(rows, np.int32)


def all_ways(side: int) -> Ways:
    """Found by depth-first search."""
    roads = [tuple(row) for row in roads_of(side).tolist()]
    ends = list(itertools.permutations(range(side**2), 2))

    def onward(path: list[int], goal: int) -> list[list[int]]:
        if path[-1] == goal:
            return [path]
        return [way for a, b in roads if a == path[-1] and b not in path for way in onward([*path, b], goal)]

    found = [onward([start], goal) for start, goal in ends]
    most = max(map(len, found))
    used = np.zeros((len(ends), most, len(roads)), np.float32)
    for i, ways in enumerate(found):
        for j, way in enumerate(ways):
            for road in itertools.pairwise(way):
                used[i, j, roads.index(road)] = 1
    return Ways(roads=used, present=used.sum(2) > 0, ends=np.asarray(ends, np.int32))


def equilibrium(network: Network, capacity: jax.Array, trips: jax.Array, turns: int) -> jax.Array:
    """Trips by each way [d, o, k] such that no driver gains by another way, from `trips` [d, o, k] on.

    In a turn one pair after the other moves trips from each of its ways to its fastest one, as many as would make both
    equally fast to first order (gradient projection, Jayakrishnan et al., 1994, from memory).
    """
    ways = network.ways.reshape(len(network.demand), -1, network.ways.shape[1])
    free_time = jnp.broadcast_to(network.free_time[None], capacity.shape)

    def pair(flow: jax.Array, given: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        ways, trips = given  # [k, r], [d, k]
        time = road_times(free_time, capacity, flow) @ ways.T
        slope = POWER * RISE * free_time * flow ** (POWER - 1) / capacity**POWER
        fastest = jax.nn.one_hot(time.argmin(-1), len(ways))
        own = slope @ ways.T
        shared = (fastest @ ways * slope) @ ways.T
        apart = own + (fastest * own).sum(-1, keepdims=True) - 2 * shared
        moved = (time - time.min(-1, keepdims=True)) / jnp.maximum(apart, LEAST)
        moved = jnp.minimum(moved, trips) * (1 - fastest)
        after = trips - moved + fastest * moved.sum(-1, keepdims=True)
        return jnp.maximum(flow + (after - trips) @ ways, 0.0), after

    def turn(trips: jax.Array, _: None) -> tuple[jax.Array, None]:
        flow = jnp.einsum("dok,okr->dr", trips, ways)
        return jax.lax.scan(pair, flow, (ways, trips.swapaxes(0, 1)))[1].swapaxes(0, 1), None

    return jax.lax.scan(turn, trips, None, length=turns)[0]


def all_flows(network: Network, bits: jax.Array) -> jax.Array:
    """Equilibrium flows [d, r] of designs [d, c], from that of the network as it is."""
    even = jnp.broadcast_to(network.demand[None, :, None] / WAYS, (1, PAIRS, WAYS))
    before = equilibrium(network, network.capacity[None], even, FIRST_TURNS)
    capacity = capacities(network, bits)
    trips = equilibrium(network, capacity, jnp.broadcast_to(before, (len(bits), *before.shape[1:])), TURNS)
    return trips.reshape(len(bits), -1) @ network.ways


SAME = 1e-6  # of a time: rounding
