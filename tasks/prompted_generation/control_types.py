"""Maps of four kinds, each a way to look at a scene: one network that is told the kind, or a network a kind?"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.distances import energy_distance
from toybench.blocks.random import normals
from toybench.tasks.prompted_generation import (
    DIMS,
    IDENTITY,
    SCENES,
    TRAITS,
    ControlBatch,
    Follower,
    Pretrained,
    Spec,
    draw_scenes,
    pretrain,
)

KINDS = 4
NUMBERS = 6  # of a map; a scene has eleven degrees of freedom
BATCHES = 8  # of scenes that are judged
SLOPE = 0.5  # of traits, as in customised_scenes
LEAK = 0.5  # of the contextual layer, as there
SHARP = 2.0  # a scribble is almost a sign


class World(NamedTuple):
    """What is given, directions [kinds, 16, m], the language [4, TRAITS], and n scenes to be followed and compared.

    Attributes:
      image, other: scenes [n, 16] whose maps are wanted, and as many others.
      kind, wanted: of each, int32 [n] and [n, m].
      start: noise [n, 16].
    """

    base: Pretrained
    directions: jax.Array
    tongue: jax.Array
    image: jax.Array
    other: jax.Array
    kind: jax.Array
    wanted: jax.Array
    start: jax.Array


def extract(directions: jax.Array, x: jax.Array) -> jax.Array:
    """Maps [n, kinds, m] of scenes [n, 16]: numbers along directions, their sizes, nearly their signs, their mirror."""
    along = jnp.einsum("nd,kdm->nkm", x, directions)
    return jnp.stack([along[:, 0], jnp.abs(along[:, 1]), jnp.tanh(SHARP * along[:, 2]), along[:, 3, ::-1]], 1)


def map_of(directions: jax.Array, x: jax.Array, kind: jax.Array) -> jax.Array:
    """Maps [n, m] of scenes [n, 16], each of the kind int32 [n]."""
    return jnp.take_along_axis(extract(directions, x), kind[:, None, None], axis=1)[:, 0]


class ControlTypes(Task):
    """Four kinds of maps, as many scenes of each in a batch."""

    own: bool = False  # whether each kind looks along directions of its own; else all look along the same

    metrics = {
        "condition_error": Metric("min", "rms error of a map in standard deviations, mean over kinds"),
        "worst_error": Metric("min", "the same of the worst kind"),
        "distance": Metric("min", "energy distance (squared, unbiased) of samples to scenes"),
    }
    interface = Follower
    steps = 600
    checkpoints = 1

    @property
    def spec(self) -> Spec:
        return Spec(kinds=KINDS, size=NUMBERS)

    def sample(self, key: jax.Array) -> World:
        for_normals, for_base, for_scenes = jax.random.split(key, 3)
        count = BATCHES * SCENES
        drawn = normals(for_normals, tongue=(IDENTITY, TRAITS), directions=(KINDS, DIMS, NUMBERS), start=(count, DIMS))
        tongue = SLOPE * drawn["tongue"]
        keys = jax.random.split(for_scenes, 2 * BATCHES)
        images = jax.vmap(lambda key: draw_scenes(key, tongue, 0.0).image)(keys).reshape(2, count, DIMS)
        directions = drawn["directions"] / DIMS**0.5
        directions = directions if self.own else jnp.tile(directions[:1], (KINDS, 1, 1))
        kind = jnp.arange(count) % KINDS
        return World(
            base=pretrain(for_base, tongue, jnp.asarray(LEAK)),
            directions=directions,
            tongue=tongue,
            image=images[0],
            other=images[1],
            kind=kind,
            wanted=map_of(directions, images[0], kind),
            start=drawn["start"],
        )

    def given(self, world: World) -> Pretrained:
        return world.base

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, ControlBatch]:
        """Scenes of anyone; kinds take turns."""
        scenes = draw_scenes(key, world.tongue, 0.0)
        kind = jnp.arange(SCENES) % KINDS
        maps = extract(world.directions, scenes.image)
        wanted = map_of(world.directions, scenes.image, kind)
        return world, ControlBatch(scenes=scenes, maps=maps, kind=kind, wanted=wanted)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        images = learner.follow(world.start, world.kind, world.wanted)
        gaps = map_of(world.directions, images, world.kind) - world.wanted
        by_kind = jax.nn.one_hot(world.kind, KINDS) / (len(world.kind) / KINDS)
        square = by_kind.T @ (gaps**2).mean(-1)
        mean = by_kind.T @ world.wanted
        variance = (by_kind.T @ world.wanted**2 - mean**2).mean(-1)
        error = jnp.sqrt(square / variance)
        return {
            "condition_error": error.mean(),
            "worst_error": error.max(),
            "distance": energy_distance(images, world.other),
        }

    def floor(self, world: World) -> Any:
        """Other scenes, whatever is wanted."""
        return SimpleNamespace(follow=lambda start, kind, wanted: world.other[::-1])

    def oracle(self, world: World) -> Any:
        """The scenes that the maps were taken from."""
        return SimpleNamespace(follow=lambda start, kind, wanted: world.image)
