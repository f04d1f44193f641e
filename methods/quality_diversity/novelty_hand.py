"""Novelty search in a hand-made space, with emitters that climb from the rewards that it meets.

**Source**: Paolo, Coninx, Doncieux and Laflaquière, "Sparse Reward Exploration via Novelty Search and Emitters", 2021,
https://arxiv.org/abs/2102.03140 (SERENE; the authors' code, github.com/GPaolo/STAX: core/evolvers/serene.py,
emitter_evolver.py, core/emitters/elitist_emitter.py, core/searcher.py, parameters.py): STAX without learning.

    parents: the most novel, by the mean distance to the 15 nearest of parents, children and archives
    emitters: elitist, begun at rewarded policies, the farthest from where others began first

**Differs from the paper**: 1. exploring and exploiting alternate by steps of 36 policies instead of 1,000. 2. up to
three emitters share a step instead of one at a time, from the front of what is novel and improving; alone, one gives
each of its 6 members 6 children instead of 2, which is greedier. 3. one ends after 5 steps without improvement, where
the authors drop those that did not improve in 5 steps and stop others after some 300. 4. members begin as the rewarded
policy itself. 5. what emitters find is not offered to the archive. Only their starting points enter the archive of
rewards; a rewarded policy that finds three emitters at work waits as long as it is a parent, not for ever. 6. weights
begin as N(0, 1) and have no bounds; the first parents are not evaluated. 7. the size of emitters' mutations is tuned.

**Shapes**: n policies.
"""

from typing import Any

import jax

from toybench.methods.quality_diversity._novelty import NoveltySearch


class NoveltyHand(NoveltySearch):
    """Is told that the hand's place is what matters."""

    space = {"sd": (0.03, 0.1, 0.3, 1.0), "share": (0.01, 0.03, 0.1, 0.3)}

    def start(self, key: jax.Array) -> tuple:
        return ()

    def codes(self, model: Any, image: jax.Array, place: jax.Array) -> jax.Array:
        return place

    def fit(self, model: Any, image: jax.Array, counts: jax.Array, luck: jax.Array) -> Any:
        return model

    def criterion(self, novelty: jax.Array, model: Any, image: jax.Array, coin: jax.Array) -> jax.Array:
        return novelty
