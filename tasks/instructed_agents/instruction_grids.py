"""Small grids with coloured shapes, one of which is named: demonstrations on a few maps, tests on new ones.

Isolates what an instruction is learned as: a way to move, a thing to want, or a likeness. There are five different
objects of 3 colours and 3 shapes. 256 demonstrations take shortest ways with 10 % random moves, and stay. Three pairs
of colour and shape, which have every colour and every shape once, are never instructed in them. Success is to stand on
the meant object after the last step.

`place=square` has 6 by 6 cells, 8 of them walls, seen as a whole; demonstrations use 64 sets of walls.
`place=corridor` has 3 by 12 cells; a policy sees the nine around it, and starts at the left end. With `confounded` the
meant object lies in the upper left corner, or at the right end, in that share of the demonstrations; in tests it lies
anywhere.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks import gridworld, mdp
from toybench.blocks.random import normals, uniforms
from toybench.errors import UsageError
from toybench.tasks.instructed_agents import (
    ATTRIBUTES,
    COLOURS,
    PAIRS,
    SHAPES,
    WINDOW,
    Batch,
    Demonstrations,
    Encoder,
    Follower,
    Given,
    Scenes,
    Spec,
    moves_of,
)

PLACES = {
    "square": Spec(rows=6, columns=6, horizon=12, sight=0),
    "corridor": Spec(rows=3, columns=12, horizon=18, sight=1),
}
WALLS = {"square": 8, "corridor": 0}
TRIED = 12  # walls tried one after the other; one that would cut the map in two is left out
OBJECTS = 5
NOISE = 0.1  # share of random moves in demonstrations
EMBEDDING = 16  # numbers of an embedding
QUIRK = 0.3  # size of what a view adds to every number of its embedding
SPARE = 2  # a start is so many moves nearer than the steps allow, for demonstrations have random ones
NEVER = 2.0  # more than any uniform number: comes last
STAY = 4  # among the grid's moves


class World(NamedTuple):
    """What learners have, and test scenes with the meant object's cell: known, then new maps, then new pairs."""

    given: Given
    tests: Scenes
    goal: jax.Array


class Regions(NamedTuple):
    """Cells bool [S]: where objects may lie, where the meant one does if confounded, where an episode may start."""

    objects: np.ndarray
    confounded: np.ndarray
    start: np.ndarray


class InstructionGrids(Task):
    """Demonstrations of six pairs, tests of nine."""

    confounded: float = 0.0  # share of the demonstrations whose meant object lies in one corner or at one end
    place: str = "square"  # square or corridor

    demonstrations: int = 256
    maps: int = 64  # sets of walls in them
    tests: int = 256  # scenes of each of the three kinds

    interface = Follower
    steps = 1000
    checkpoints = 2
    batch = 64  # rows of demonstrations
    metrics = {
        "new_success": Metric("max", "mean of the two shares below"),
        "new_map_success": Metric("max", "share of new maps on which the meant object is reached, known pairs"),
        "new_pair_success": Metric("max", "the same share for pairs that were never instructed, new maps"),
        "train_success": Metric("max", "the same share in scenes of the demonstrations"),
    }

    @property
    def spec(self) -> Spec:
        if self.place not in PLACES:
            raise UsageError(f"place is {self.place!r}; use one of {', '.join(PLACES)}.")
        return PLACES[self.place]

    def sample(self, key: jax.Array) -> World:
        """Demonstrations and test scenes; the first tests are scenes of demonstrations."""
        spec = self.spec
        count = self.demonstrations + 2 * self.tests
        one, two = jax.random.split(key)
        drawn = uniforms(
            one,
            walls=(self.maps + self.tests, spec.cells),
            pairs=(count, PAIRS),
            kinds=(count,),
            places=(count, spec.cells),
            confounded=(count,),
            start=(count, spec.cells),
            moves=(self.demonstrations, spec.horizon, 2),
            shift=(),
        )
        free = self.floors(drawn["walls"])
        number = jnp.arange(count)
        shown = number < self.demonstrations
        held_out = held_out_pairs((drawn["shift"] * SHAPES).astype(jnp.int32))
        pair = meant_pairs(drawn["kinds"], held_out, number >= count - self.tests)
        confounded = (drawn["confounded"] < self.confounded) & shown
        place = jax.vmap(lambda *args: lay_out(*args, spec=spec, regions=regions(self.place)))
        scenes, goal = place(free, pair, drawn["pairs"], drawn["places"], confounded, drawn["start"])
        train = jax.tree.map(lambda x: x[: self.demonstrations], (scenes, goal))
        s, a = jax.vmap(lambda *args: demonstrate(*args, spec=spec))(*train, drawn["moves"])
        later = jax.tree.map(lambda x: jnp.concatenate([x[: self.tests], x[self.demonstrations :]]), (scenes, goal))
        demonstrations = Demonstrations(scenes=train[0], goal=train[1], s=s, a=a)
        return World(given=Given(demonstrations=demonstrations, encoder=encoder(two)), tests=later[0], goal=later[1])

    def floors(self, order: jax.Array) -> jax.Array:
        """Free cells [n, S] of all scenes, from uniform numbers for each set of walls; the tests' serve both kinds."""
        walls = jax.vmap(lambda numbers: with_walls(numbers, self.spec, WALLS[self.place]))(order)
        new = self.maps + jnp.arange(self.tests)
        return walls[jnp.concatenate([jnp.arange(self.demonstrations) % self.maps, new, new])]

    def given(self, world: World) -> Given:
        return world.given

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        """Rows with replacement."""
        row = jax.random.randint(key, (self.batch,), 0, self.demonstrations * self.spec.horizon)
        return world, Batch(scene=row // self.spec.horizon, step=row % self.spec.horizon)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        scenes = world.tests
        following = moves_of(scenes.free, self.spec)

        def step(now: tuple[Any, jax.Array], t: jax.Array) -> tuple[tuple[Any, jax.Array], None]:
            mind, action = learner.act(now[0], scenes, now[1], t)
            return (mind, following[jnp.arange(len(action)), now[1], action]), None

        begin = (learner.begin(scenes), scenes.start)
        end, _ = jax.lax.scan(step, begin, jnp.arange(self.spec.horizon))
        reached = (end[1] == world.goal).astype(jnp.float32).reshape(3, self.tests).mean(1)
        return {
            "new_success": reached[1:].mean(),
            "new_map_success": reached[1],
            "new_pair_success": reached[2],
            "train_success": reached[0],
        }

    def floor(self, world: World) -> Any:
        """Stays where it is."""

        def act(mind: tuple, scenes: Scenes, here: jax.Array, step: jax.Array) -> tuple[tuple, jax.Array]:
            return mind, jnp.full(here.shape, STAY, jnp.int32)

        return SimpleNamespace(begin=lambda scenes: (), act=act)

    def oracle(self, world: World) -> Any:
        """Knows the cell, and takes a shortest way."""

        def begin(scenes: Scenes) -> jax.Array:
            return jax.vmap(lambda free, goal: shortest(free, goal, self.spec))(scenes.free, world.goal)

        def act(mind: jax.Array, scenes: Scenes, here: jax.Array, step: jax.Array) -> tuple[jax.Array, jax.Array]:
            return mind, mind[jnp.arange(len(here)), here]

        return SimpleNamespace(begin=begin, act=act)


def regions(place: str) -> Regions:
    """The cells of a place."""
    spec = PLACES[place]
    cell = np.arange(spec.cells)
    everywhere = np.ones(spec.cells, bool)
    if place == "square":
        return Regions(objects=everywhere, confounded=cell == 0, start=everywhere)
    column = cell % spec.columns
    return Regions(objects=column > 0, confounded=column == spec.columns - 1, start=column == 0)


def encoder(key: jax.Array) -> Encoder:
    """A random one."""
    noise = normals(
        key, attributes=(ATTRIBUTES, EMBEDDING), pairs=(PAIRS, EMBEDDING), quirks=(WINDOW * ATTRIBUTES, EMBEDDING)
    )
    root = EMBEDDING**-0.5
    return Encoder(
        attributes=root * noise["attributes"],
        pairs=root * noise["pairs"],
        quirks=noise["quirks"],
        quirk=jnp.float32(QUIRK),
    )


def distance_to(following: jax.Array, goal: jax.Array) -> jax.Array:
    """Least moves int32 [S] from each cell to a goal [], by moves [S, A]; S where there is no way."""
    cells = following.shape[0]
    start = jnp.full(cells, cells, jnp.int32).at[goal].set(0)
    return jax.lax.fori_loop(0, cells, lambda _, d: jnp.minimum(d, jnp.minimum(d[following].min(1) + 1, cells)), start)


def shortest(free: jax.Array, goal: jax.Array, spec: Spec) -> jax.Array:
    """The last of the best moves int32 [S] in each cell of a map [S]: sideways first; to stay at the goal."""
    following = moves_of(free, spec)
    distance = distance_to(following, goal)
    backwards = distance[following][:, ::-1].argmin(1).astype(jnp.int32)
    return gridworld.ACTIONS - 1 - backwards


def with_walls(order: jax.Array, spec: Spec, walls: int) -> jax.Array:
    """Free cells [S] after walls were put in the order of uniform numbers [S]: connected, and never in the corner."""

    def add(free: jax.Array, cell: jax.Array) -> tuple[jax.Array, None]:
        changed = free.at[cell].set(0.0)
        apart = distance_to(moves_of(changed, spec), jnp.int32(0))
        whole = jnp.all((apart < spec.cells) | (changed == 0))
        fine = whole & (spec.cells - free.sum() < walls)
        return jnp.where(fine, changed, free), None

    open_floor = jnp.ones(spec.cells)
    if walls == 0:
        return open_floor
    tried = jnp.argsort(order.at[0].set(NEVER))[:TRIED]
    return jax.lax.scan(add, open_floor, tried)[0]


def held_out_pairs(shift: jax.Array) -> jax.Array:
    """Which pairs [9] are never instructed in demonstrations: (i, i + shift), 0 or 1."""
    colour = jnp.arange(COLOURS)
    return jnp.zeros(PAIRS).at[SHAPES * colour + (colour + shift) % SHAPES].set(1.0)


def meant_pairs(uniform: jax.Array, held_out: jax.Array, tested: jax.Array) -> jax.Array:
    """The pair int32 [n] that is meant, from uniform numbers [n]: a held-out one where `tested` [n]."""
    law = jnp.where(tested[:, None], held_out[None], 1 - held_out[None])
    return mdp.pick(uniform, law / law.sum(-1, keepdims=True))


def lay_out(
    free: jax.Array,
    pair: jax.Array,
    pairs: jax.Array,
    places: jax.Array,
    confounded: jax.Array,
    start: jax.Array,
    *,
    spec: Spec,
    regions: Regions,
) -> tuple[Scenes, jax.Array]:
    """(one scene, the meant object's cell), from uniform numbers: pairs [9], places [S] and start [S]."""
    order = jnp.where((free > 0) & regions.objects, places, NEVER)
    goal = jnp.where(confounded & ~regions.confounded, NEVER, order).argmin().astype(jnp.int32)
    cells = jnp.argsort(order.at[goal].set(-1.0))[:OBJECTS]
    kinds = jnp.argsort(pairs.at[pair].set(-1.0))[:OBJECTS]
    colour = jax.nn.one_hot(kinds // SHAPES, COLOURS)
    attributes = jnp.concatenate([colour, jax.nn.one_hot(kinds % SHAPES, SHAPES)], axis=-1)
    objects = jnp.zeros((spec.cells, ATTRIBUTES)).at[cells].set(attributes)
    distance = distance_to(moves_of(free, spec), goal)
    allowed = (distance > 0) & (distance <= spec.horizon - SPARE) & (free > 0) & regions.start
    first = jnp.where(allowed, start, -1.0).argmax().astype(jnp.int32)
    return Scenes(free=free, objects=objects, wanted=attributes[0], start=first), goal


def demonstrate(scene: Scenes, goal: jax.Array, uniform: jax.Array, *, spec: Spec) -> tuple[jax.Array, jax.Array]:
    """(cells int32 [H + 1], moves int32 [H]) of one demonstration, from uniform numbers [H, 2]."""
    following = moves_of(scene.free, spec)
    best = shortest(scene.free, goal, spec)

    def step(here: jax.Array, drawn: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
        at_random = (drawn[1] * gridworld.ACTIONS).astype(jnp.int32)
        action = jnp.where(drawn[0] < NOISE, at_random, best[here])
        there = following[here, action]
        return there, (there, action)

    end = jax.lax.scan(step, scene.start, uniform)[1]
    return jnp.concatenate([scene.start[None], end[0]]), end[1]
