"""Novelty search in the images themselves, with emitters.

**Source**: none: the humblest control, which asks whether a smaller space is needed at all.

    code(image) = image

**Differs from the paper**: 1. as `novelty_hand`, 1 to 7.

**Shapes**: n policies, d pixels.
"""

from typing import Any

import jax

from toybench.methods.quality_diversity._novelty import NoveltySearch


class NoveltyPixels(NoveltySearch):
    """No code."""

    space = {"sd": (0.03, 0.1, 0.3, 1.0), "share": (0.01, 0.03, 0.1, 0.3)}

    def start(self, key: jax.Array) -> tuple:
        return ()

    def codes(self, model: Any, image: jax.Array, place: jax.Array) -> jax.Array:
        return image

    def fit(self, model: Any, image: jax.Array, counts: jax.Array, luck: jax.Array) -> Any:
        return model

    def criterion(self, novelty: jax.Array, model: Any, image: jax.Array, coin: jax.Array) -> jax.Array:
        return novelty
