"""Twenty cities in the unit square: does a heat map of likely neighbours help local search?

Isolates what a heat map knows. A search begins with the tour that joins pairs by their heat, or with random tours. It
looks at the five likeliest neighbours of a city, and at the same number of moves for all. Reference tours are the best
of eight local searches with all 2-opt and Or-opt moves, of which one finds the shortest tour in three cases of four.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.blocks.random import uniforms
from toybench.tasks.routing import (
    HeatMaps,
    Instances,
    RoutingSpec,
    distances,
    merge_edges,
    tour_length,
)
from toybench.tasks.routing._tsp import FAR, best_local, guided_search

FEW = 3  # candidates of the smaller list
CERTAIN = 10.0  # heat of the reference's pairs: more than any distance


class World(NamedTuple):
    """Test instances, and what is known of them.

    Attributes:
      xy: places [b, n, 2].
      reference: a short tour of each, int32 [b, n].
      edges: its pairs of neighbours, bool [b, n, n].
      starts: random tours, int32 [b, r, n].
    """

    xy: jax.Array
    reference: jax.Array
    edges: jax.Array
    starts: jax.Array


class GuidedSearch(Task):
    """Length of the tours that a search finds with a learner's candidates."""

    cities: int = 20
    batch: int = 20  # instances of a batch
    tests: int = 32
    candidates: int = 5  # neighbours of a city that the search looks at
    restarts: int = 4  # random tours that a search may begin with
    sweeps: int = 4  # each looks at 2 moves of every candidate of every city
    searches: int = 8  # random tours that the reference begins with, of which the first are `restarts`
    rounds: int = 24  # moves of each of the reference's searches at most

    interface = HeatMaps
    steps = 240
    checkpoints = 4
    metrics = {
        "gap": Metric("min", "length after the search over that of the reference tour, less 1; mean over instances"),
        "gap_restarts": Metric("min", "the same for the best of that search and those from the world's random tours"),
        "gap_merged": Metric("min", "the same for the tour that joins pairs by their heat, without search"),
        "recall_3": Metric("max", "share of the reference's pairs among the three likeliest of either city"),
        "recall": Metric("max", "the same among all candidates of the search"),
    }

    @property
    def spec(self) -> RoutingSpec:
        return RoutingSpec(cities=self.cities, batch=self.batch)

    def sample(self, key: jax.Array) -> World:
        drawn = uniforms(key, xy=(self.tests, self.cities, 2), order=(self.tests, self.searches, self.cities))
        xy = drawn["xy"]
        starts = jnp.argsort(drawn["order"], axis=-1).astype(jnp.int32)
        reference = jax.vmap(lambda places, tours: best_local(places, tours, self.rounds))(xy, starts)
        return World(
            xy=xy,
            reference=reference,
            edges=jax.vmap(neighbours)(reference),
            starts=starts[:, : self.restarts],
        )

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Instances]:
        return world, Instances(xy=jax.random.uniform(key, (self.batch, self.cities, 2)))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        heat = learner.heat(world.xy)
        ranked = jnp.argsort(jnp.where(jnp.eye(self.cities, dtype=bool)[None], FAR, -heat), axis=-1)

        def search(xy: jax.Array, order: jax.Array, start: jax.Array) -> jax.Array:
            return guided_search(distances(xy), start, order[:, : self.candidates], self.sweeps)

        merged = jax.vmap(merge_edges)(heat)
        starts = jnp.concatenate([merged[:, None], world.starts], axis=1)
        found = jax.vmap(jax.vmap(search, in_axes=(None, None, 0)))(world.xy, ranked, starts)
        best = tour_length(world.xy, world.reference)
        gaps = tour_length(world.xy[:, None], found) / best[:, None] - 1
        return {
            "gap": gaps[:, 0].mean(),
            "gap_restarts": gaps.min(1).mean(),
            "gap_merged": (tour_length(world.xy, merged) / best - 1).mean(),
            "recall_3": recall(ranked, world.edges, FEW),
            "recall": recall(ranked, world.edges, self.candidates),
        }

    def floor(self, world: World) -> Any:
        """All pairs alike but for their names, which are random."""
        names = -jnp.arange(self.cities, dtype=jnp.float32)
        return self.always(jnp.broadcast_to(names[:, None] + names[None, :], world.edges.shape))

    def oracle(self, world: World) -> Any:
        """The reference's pairs, then short ones; one can only do better where the reference isn't a shortest tour."""
        return self.always(CERTAIN * world.edges.astype(jnp.float32) - distances(world.xy))

    def always(self, heat: jax.Array) -> Any:
        """A learner with this heat map [b, n, n]."""
        return SimpleNamespace(heat=lambda xy: heat)


def neighbours(tour: jax.Array) -> jax.Array:
    """Which pairs are neighbours on a tour [n], bool [n, n]."""
    one_way = jnp.zeros((len(tour), len(tour)), bool).at[tour, jnp.roll(tour, -1)].set(True)
    return one_way | one_way.T


def recall(ranked: jax.Array, edges: jax.Array, count: int) -> jax.Array:
    """Share of the pairs in `edges` bool [b, n, n] that are among the first `count` of either city, []."""
    rank = jnp.argsort(ranked, axis=-1)
    listed = (rank < count) | (jnp.swapaxes(rank, -1, -2) < count)
    return (listed & edges).sum() / edges.sum()
