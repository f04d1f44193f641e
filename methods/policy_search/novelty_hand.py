"""Novelty search in a hand-made space, with emitters that climb from every reward that it meets.

**Source**: Paolo, Coninx, Doncieux and Laflaquiere, "Sparse Reward Exploration via Novelty Search and Emitters", 2021,
https://arxiv.org/abs/2102.03140 (SERENE), in the authors' code, `core/evolvers/serene.py`: what STAX does without
learning.

    parents: the most novel, by the mean distance to the 15 nearest of archive and population in the descriptor
    emitters: elitist, of 6, begun at the most novel rewarded child

**Differs from the paper**: 1. five emitters climb side by side and end after 5 steps without improvement, where the
code runs the most improving one first. 2. what emitters find isn't offered to the archive. 3. steps of both kinds
alternate.

**Shapes**: k policies, c places of the archive, d numbers of an image.
"""

from typing import Any

import jax

from toybench.methods.policy_search._novelty import NoveltySearch


class NoveltyHand(NoveltySearch):
    """Is told that the hand's place is what matters."""

    space = {"sd": (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0)}

    def start(self, key: jax.Array) -> tuple:
        return ()

    def codes(self, model: Any, image: jax.Array, descriptor: jax.Array) -> jax.Array:
        return descriptor

    def fit(self, model: Any, image: jax.Array, seen: jax.Array, key: jax.Array) -> Any:
        return model

    def choose(self, novelty: jax.Array, model: Any, image: jax.Array, key: jax.Array) -> jax.Array:
        return novelty
