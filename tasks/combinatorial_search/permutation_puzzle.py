"""Sort eight tiles by shifting the row left or right and exchanging its first two: which states are near the goal?

Isolates the score of a beam search. 40,320 states, the farthest 28 moves from the goal. A scorer ranks all states, and
beams of 1, 4 and 16 states search from the same 150 random starts for at most 56 rounds. States that a beam held
before are left out, copies are removed before the cut, and ties are broken by one random order for all scorers.
Exact distances, by breadth-first search, are for judging only.
"""

from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from toybench import Metric, Task
from toybench.blocks import random
from toybench.tasks.combinatorial_search import PuzzleScorer, PuzzleSpec, codes, neighbours, states
from toybench.tasks.combinatorial_search import _beam as beam

STARTS = 150
NARROW = 1  # widths of the beam
USUAL = 4
WIDE = 16
PARTS = 8  # in which a scorer is asked about all states, for the sake of memory


class World(NamedTuple):
    """Codes of the starts, int32 [s]; a random order of all states for ties, [N]."""

    starts: jax.Array
    ties: jax.Array


class Known(NamedTuple):
    """A reference that knows its scores of all states, [N]."""

    scores: jax.Array

    def rank(self, rows: jax.Array) -> jax.Array:
        """Scores by code."""
        return self.scores[codes(rows)]


class PermutationPuzzle(Task):
    """One puzzle; worlds differ in their starts."""

    tiles: int = 8

    interface = PuzzleScorer
    steps = 600
    checkpoints = 1
    metrics = {
        "optimality_rate": Metric("max", "share of starts that a beam of 4 solves in as few moves as there can be"),
        "solve_rate": Metric("max", "share of starts that a beam of 4 solves"),
        "mean_excess": Metric("min", "moves beyond the fewest, beam of 4; twice the diameter where it finds none"),
        "expanded": Metric("info", "states that a beam of 4 looks from, mean over starts"),
        "expanded_share": Metric("info", "the same over what bidirectional search must look from at least"),
        "optimality_narrow": Metric("max", "share of starts that a beam of 1 solves in as few moves as there can be"),
        "optimality_wide": Metric("max", "share of starts that a beam of 16 solves in as few moves as there can be"),
        "gain_to_usual": Metric("info", "optimality_rate - optimality_narrow"),
        "gain_to_wide": Metric("info", "optimality_wide - optimality_rate"),
        "distance_correlation": Metric("info", "Pearson correlation of scores with distances, over all states"),
    }

    @property
    def spec(self) -> PuzzleSpec:
        return PuzzleSpec(tiles=self.tiles)

    def sample(self, key: jax.Array) -> World:
        count = len(states(self.tiles))
        drawn = random.uniforms(key, starts=(STARTS,), ties=(count,))
        starts = 1 + jnp.floor(drawn["starts"] * (count - 1)).astype(jnp.int32)
        return World(starts=jnp.minimum(starts, count - 1), ties=drawn["ties"])

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        exact = jnp.asarray(distances(self.tiles), jnp.float32)
        parts = jnp.asarray(states(self.tiles)).reshape(PARTS, -1, self.tiles)
        scores = jax.lax.map(learner.rank, parts).reshape(-1).astype(jnp.float32)
        order = jnp.lexsort((world.ties, scores)).astype(jnp.int32)
        rounds = 2 * int(distances(self.tiles).max())
        onward = jnp.asarray(neighbours(self.tiles))
        found = {w: beam.search(order, onward, world.starts, w, rounds) for w in (NARROW, USUAL, WIDE)}
        far = exact[world.starts]
        optimal = {w: (each.length == far.astype(jnp.int32)).astype(jnp.float32).mean() for w, each in found.items()}
        usual = found[USUAL]
        solved = usual.length > 0
        excess = jnp.where(solved, usual.length.astype(jnp.float32) - far, float(rounds))
        expanded = usual.expanded.astype(jnp.float32)
        plain = jnp.asarray(bidirectional(self.tiles), jnp.float32)[world.starts]
        return {
            "optimality_rate": optimal[USUAL],
            "solve_rate": solved.astype(jnp.float32).mean(),
            "mean_excess": excess.mean(),
            "expanded": expanded.mean(),
            "expanded_share": expanded.mean() / plain.mean(),
            "optimality_narrow": optimal[NARROW],
            "optimality_wide": optimal[WIDE],
            "gain_to_usual": optimal[USUAL] - optimal[NARROW],
            "gain_to_wide": optimal[WIDE] - optimal[USUAL],
            "distance_correlation": correlation(scores, exact),
        }

    def floor(self, world: World) -> Known:
        """No order but that of the ties."""
        return Known(jnp.zeros(len(world.ties)))

    def oracle(self, world: World) -> Known:
        """The distance itself."""
        return Known(jnp.asarray(distances(self.tiles), jnp.float32))


@cache
def distances(tiles: int) -> np.ndarray:
    """Fewest moves from each state to the goal, int32 [N], by breadth-first search."""
    onward = neighbours(tiles)
    distance = np.full(len(onward), -1, np.int32)
    distance[0] = 0
    level = np.zeros(1, np.int32)
    while len(level):
        reached = np.unique(onward[level])
        level = reached[distance[reached] < 0]
        distance[level] = distance.max() + 1
    return distance


@cache
def bidirectional(tiles: int) -> np.ndarray:
    """States that a search from both ends looks from at least, int32 [N], by code of the start.

    All states of a puzzle see the same numbers of states around them, so that two frontiers grow alike: one passes
    levels up to half of the distance, the other the rest. Of the last level it may be lucky with the first state.
    """
    distance = distances(tiles)
    within = np.cumsum(np.bincount(distance))
    sums = np.concatenate([[0], within])  # states less than k moves away
    longer = np.maximum((distance + 1) // 2 - 1, 0)
    return (sums[longer] + sums[distance // 2] + (distance > 0)).astype(np.int32)


def correlation(a: jax.Array, b: jax.Array) -> jax.Array:
    """Pearson's correlation [] of two vectors; 0 where one of them is constant."""
    a = a - a.mean()
    b = b - b.mean()
    size = jnp.sqrt((a**2).sum() * (b**2).sum())
    return (a * b).sum() / jnp.where(size > 0, size, 1.0)
