"""Photos of a new identity, all at one place and in one style: can it be shown anywhere else?"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import normals, uniforms
from toybench.tasks.prompted_generation import (
    DIMS,
    FEATURES,
    IDENTITY,
    PLACES,
    STYLES,
    TRAITS,
    Batch,
    Customiser,
    Spec,
    Subject,
    compose,
    describe,
    draw_scenes,
    pretrain,
    read_identity,
    read_place,
    read_style,
    see,
)

PHOTOS = 4  # of the new identity; the papers have 3 to 5
KNOWN = 128  # identities that have photos and words already
SLOPE = 0.5  # of traits and features: tanh bends, and hardly saturates
EACH = 32  # images of each prompt that the photos don't show
NEAR = 0.5  # rms distance within which an identity is the wanted one; two strangers are 1.4 apart


class World(NamedTuple):
    """What is given, the language [4, TRAITS], and what is judged: identity [4], noise and prompts of n images.

    Attributes:
      exact: standard normals [n, 16], the oracle's grain.
      strangers: scenes [n, 16] of others, at the place and in the style of the photos.
    """

    subject: Subject
    tongue: jax.Array
    identity: jax.Array
    start: jax.Array
    exact: jax.Array
    strangers: jax.Array
    place: jax.Array
    style: jax.Array


class CustomisedScenes(Task):
    """The new identity at all other places and in all other styles."""

    leak: float = 0.5  # how much the contextual layer mixes the words; 0: not at all

    metrics = {
        "both": Metric("max", "share of images with the identity and the prompt's place and style"),
        "prompt_alignment": Metric("max", "share of images with the prompt's place and style"),
        "identity_error": Metric("min", "rms distance of a number of the identity"),
        "spread": Metric("min", "rms distance of a number of the identity from its mean over the images"),
    }
    interface = Customiser
    steps = 300
    checkpoints = 1

    @property
    def spec(self) -> Spec:
        return Spec()

    def sample(self, key: jax.Array) -> World:
        for_normals, for_uniforms, for_base = jax.random.split(key, 3)
        others = (PLACES * STYLES - 1) * EACH
        drawn = normals(
            for_normals,
            tongue=(IDENTITY, TRAITS),
            encoder=(IDENTITY, FEATURES),
            identity=(1, IDENTITY),
            photos=(PHOTOS, DIMS),
            known=(KNOWN, IDENTITY),
            gallery=(KNOWN, DIMS),
            start=(others, DIMS),
            exact=(others, DIMS),
        )
        shown = jnp.floor(uniforms(for_uniforms, prompt=(1,))["prompt"] * PLACES * STYLES).astype(jnp.int32)
        tongue = SLOPE * drawn["tongue"]
        encoder = SLOPE * drawn["encoder"]
        place = jnp.tile(shown % PLACES, PHOTOS)
        style = jnp.tile(shown // PLACES, PHOTOS)
        prompt = (shown + 1 + jnp.arange(others) % (PLACES * STYLES - 1)) % (PLACES * STYLES)
        gallery = compose(drawn["known"], jnp.arange(KNOWN) % PLACES, jnp.arange(KNOWN) % STYLES, drawn["gallery"])
        subject = Subject(
            base=pretrain(for_base, tongue, jnp.asarray(self.leak)),
            photos=compose(jnp.tile(drawn["identity"], (PHOTOS, 1)), place, style, drawn["photos"]),
            place=shown[0] % PLACES,
            style=shown[0] // PLACES,
            encoder=encoder,
            features=see(encoder, gallery),
            traits=describe(tongue, drawn["known"]),
        )
        return World(
            subject=subject,
            tongue=tongue,
            identity=drawn["identity"][0],
            start=drawn["start"],
            exact=drawn["exact"],
            strangers=compose(
                drawn["known"][jnp.arange(others) % KNOWN],
                jnp.tile(place[:1], others),
                jnp.tile(style[:1], others),
                drawn["start"],
            ),
            place=prompt % PLACES,
            style=prompt // PLACES,
        )

    def given(self, world: World) -> Subject:
        return world.subject

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Batch]:
        """Scenes of anyone: the prompt names place and style."""
        return world, draw_scenes(key, world.tongue, 0.0)

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        images = learner.portray(world.start, world.place, world.style)
        identity = read_identity(images)
        error = jnp.sqrt(((identity - world.identity[None]) ** 2).mean(-1))
        aligned = (read_place(images) == world.place) & (read_style(images) == world.style)
        return {
            "both": (aligned & (error < NEAR)).mean(dtype=jnp.float32),
            "prompt_alignment": aligned.mean(dtype=jnp.float32),
            "identity_error": jnp.sqrt((error**2).mean()),
            "spread": jnp.sqrt(((identity - identity.mean(0, keepdims=True)) ** 2).mean()),
        }

    def floor(self, world: World) -> Any:
        """Strangers, where the photos were taken."""
        return SimpleNamespace(portray=lambda start, place, style: world.strangers)

    def oracle(self, world: World) -> Any:
        """The identity itself, with grain."""
        identity = jnp.tile(world.identity[None], (len(world.start), 1))
        return SimpleNamespace(portray=lambda start, place, style: compose(identity, place, style, world.exact))
