"""Generate shapes by autoregression over the tokens of a learned tokeniser.

A shape is a mirror-symmetric stack of one to three centred blocks on an 8 x 8 grid: 1072 of them, so that validity
is checked by look-up and the entropy of the source is known (9.8 bits). A quarter is held out. A tokeniser that
keeps one token a grid cell spreads each constraint (symmetry, equal rows of a block) over tokens far apart in any
order; one that codes a latent vector can put what belongs together in one token. Both are followed by the same
small causal transformer.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.tasks.vector_quantization._shapes import (
    BLOCKS,
    SIDE,
    ShapeGenerator,
    Shapes,
    ShapeSpec,
    matches,
    occupancy,
    profiles,
)


class World(NamedTuple):
    """Probability of every valid shape in training [shapes], and which are held out, int32 [held]."""

    train: jax.Array
    held: jax.Array


class ShapeTokenAutoregression(Task):
    """One, two and three blocks are equally likely, and so is every shape with as many."""

    batch: int = 32
    samples: int = 256  # shapes generated at an evaluation

    interface = ShapeGenerator
    steps = 800
    checkpoints = 2
    metrics = {
        "sample_validity": Metric("max", "share of the generated shapes that are valid"),
        "bits_per_shape": Metric("min", "code length of held-out shapes' tokens in the usual order, in bits"),
        "order_sensitivity": Metric(
            "min", "code length in a random token order minus in the usual order, absolute, in bits"
        ),
        "reconstruction_iou": Metric("max", "intersection over union of held-out shapes and their reconstructions"),
        "distinct": Metric("max", "share of the generated shapes that are valid and generated for the first time"),
    }

    @property
    def spec(self) -> ShapeSpec:
        return ShapeSpec(side=SIDE)

    def sample(self, key: jax.Array) -> World:
        """The held-out quarter is drawn uniformly."""
        _, blocks = profiles()
        weight = jnp.asarray(1.0 / np.bincount(blocks)[blocks] / BLOCKS, jnp.float32)
        order = jnp.argsort(jax.random.uniform(key, (len(blocks),)))
        first = len(blocks) // 4
        rank = jnp.argsort(order)
        train = jnp.where(rank < first, 0.0, weight)
        return World(train / train.sum(), order[:first])

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Shapes]:
        u = jax.random.uniform(key, (self.batch,))
        index = jnp.minimum(jnp.searchsorted(jnp.cumsum(world.train), u), len(world.train) - 1)
        return world, Shapes(every_shape()[index])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        held = every_shape()[world.held]
        again = learner.reconstruct(held)
        union = (again | (held > 0.5)).sum((1, 2)).astype(jnp.float32)
        both = (again & (held > 0.5)).sum((1, 2)).astype(jnp.float32)
        bits = learner.token_bits(held).mean(1)
        match = matches(learner.generate(key, self.samples), every_shape())
        return {
            "sample_validity": match.any(1).astype(jnp.float32).mean(),
            "bits_per_shape": bits[0],
            "order_sensitivity": jnp.abs(bits[1:] - bits[:1]).mean(),
            "reconstruction_iou": (both / jnp.maximum(union, 1.0)).mean(),
            "distinct": match.any(0).astype(jnp.float32).sum() / float(self.samples),
        }

    def floor(self, world: World) -> Any:
        """Independent cells with the training frequencies; nothing is learned about how they go together."""
        share = jnp.einsum("n,nij->ij", world.train, every_shape())
        safe = jnp.clip(share, 1e-3, 1.0 - 1e-3)

        def token_bits(shape: jax.Array) -> jax.Array:
            bits = -jnp.log2(jnp.where(shape > 0.5, safe[None], 1.0 - safe[None])).sum((1, 2))
            return jnp.stack([bits, bits])

        def generate(key: jax.Array, count: int) -> jax.Array:
            return jax.random.uniform(key, (count, SIDE, SIDE)) < share[None]

        def reconstruct(shape: jax.Array) -> jax.Array:
            return jnp.broadcast_to(share[None] > 0.5, shape.shape)

        return SimpleNamespace(reconstruct=reconstruct, token_bits=token_bits, generate=generate)

    def oracle(self, world: World) -> Any:
        """The source itself: one token a shape, with its true probability."""
        _, blocks = profiles()
        weight = 1.0 / np.bincount(blocks)[blocks] / BLOCKS

        def token_bits(shape: jax.Array) -> jax.Array:
            match = matches(shape > 0.5, every_shape())
            bits = -jnp.log2(jnp.asarray(weight, jnp.float32))[jnp.argmax(match, axis=1)]
            return jnp.stack([bits, bits])

        def generate(key: jax.Array, count: int) -> jax.Array:
            index = jnp.searchsorted(jnp.cumsum(jnp.asarray(weight, jnp.float32)), jax.random.uniform(key, (count,)))
            return every_shape()[jnp.minimum(index, len(weight) - 1)] > 0.5

        return SimpleNamespace(reconstruct=lambda shape: shape > 0.5, token_bits=token_bits, generate=generate)


def every_shape() -> jax.Array:
    """All valid shapes, [shapes, r, r]."""
    return jnp.asarray(occupancy(profiles()[0]))
