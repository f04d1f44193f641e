"""Noise that is not what a sampler expects, shifted or stretched: does the sample still obey the prompt?"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import normals
from toybench.tasks.prompted_generation import (
    DIMS,
    IDENTITY,
    PLACES,
    SCENES,
    STYLES,
    TRAITS,
    Batch,
    Painter,
    Spec,
    compose,
    draw_scenes,
    read_place,
    read_style,
)

GALLERY = 8  # batches of scenes that an autoencoder is fitted to
EACH = 32  # images of each prompt
SHIFTS = (0.25, 0.5, 1.0)  # added to the noise along signs, or to the factor 1 on it


class World(NamedTuple):
    """Scenes to look at beforehand [m, 16], the language [4, TRAITS], and what is judged: n noises and prompts.

    Attributes:
      exact: n scenes [n, 16] that obey the prompts.
      signs: along which the noise is shifted, +-1 [16].
    """

    gallery: jax.Array
    tongue: jax.Array
    start: jax.Array
    place: jax.Array
    style: jax.Array
    exact: jax.Array
    signs: jax.Array


class ShiftedNoise(Task):
    """Prompts of place and style; a model trained on normal noise is given shifted and stretched noise."""

    metrics = {
        "shifted_accuracy": Metric(
            "max", "share of right images, mean over three shifts and three factors of the noise"
        ),
        "accuracy_drop": Metric("min", "share of right images lost by them"),
        "shift_drop": Metric("min", "the same over shifts alone"),
        "scale_drop": Metric("min", "the same over factors alone"),
        "accuracy": Metric("max", "share of images with the prompt's place and style, from normal noise"),
    }
    interface = Painter
    steps = 1500
    checkpoints = 1

    @property
    def spec(self) -> Spec:
        return Spec()

    def sample(self, key: jax.Array) -> World:
        for_normals, for_scenes = jax.random.split(key)
        count = PLACES * STYLES * EACH
        drawn = normals(
            for_normals,
            tongue=(IDENTITY, TRAITS),
            start=(count, DIMS),
            identity=(count, IDENTITY),
            grain=(count, DIMS),
            signs=(DIMS,),
        )
        keys = jax.random.split(for_scenes, GALLERY)
        gallery = jax.vmap(lambda key: draw_scenes(key, drawn["tongue"], 0.0).image)(keys)
        place = jnp.arange(count) % PLACES
        style = jnp.arange(count) // PLACES % STYLES
        return World(
            gallery=gallery.reshape(GALLERY * SCENES, DIMS),
            tongue=drawn["tongue"],
            start=drawn["start"],
            place=place,
            style=style,
            exact=compose(drawn["identity"], place, style, drawn["grain"]),
            signs=jnp.sign(drawn["signs"]),
        )

    def given(self, world: World) -> jax.Array:
        return world.gallery

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        """Scenes of anyone with their prompts."""
        return world, draw_scenes(key, world.tongue, 0.0)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        def right(start: jax.Array) -> jax.Array:
            images = learner.paint(start, world.place, world.style)
            obeyed = (read_place(images) == world.place) & (read_style(images) == world.style)
            return obeyed.mean(dtype=jnp.float32)

        shifts = jnp.asarray(SHIFTS)
        shifted = jax.lax.map(lambda by: right(world.start + by * world.signs[None]), shifts).mean()
        scaled = jax.lax.map(lambda by: right(world.start * (1 + by)), shifts).mean()
        plain = right(world.start)
        return {
            "accuracy_drop": plain - (shifted + scaled) / 2,
            "shift_drop": plain - shifted,
            "scale_drop": plain - scaled,
            "accuracy": plain,
            "shifted_accuracy": (shifted + scaled) / 2,
        }

    def floor(self, world: World) -> Any:
        """Scenes that obey where the noise is normal and are others' where it is shifted or stretched."""

        def paint(start: jax.Array, place: jax.Array, style: jax.Array) -> jax.Array:
            shift = (start * world.signs[None]).mean()
            normal = (jnp.abs(shift) < SHIFTS[0] / 2) & (jnp.abs(start.std() - 1) < SHIFTS[0] / 2)
            return jnp.where(normal, world.exact, jnp.roll(world.exact, PLACES + 1, axis=0))

        return SimpleNamespace(paint=paint)

    def oracle(self, world: World) -> Any:
        """Scenes that obey, whatever the noise."""
        return SimpleNamespace(paint=lambda start, place, style: world.exact)
