"""Ten cities in the unit square: who builds short tours after having built few for training?

Isolates how a policy learns from its own tours. The network is left to the method, the number of tours that training
may build is the same for all, and the shortest tours are known from dynamic programming.
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.routing import Instances, RoutingSpec, Tours, tour_length
from toybench.tasks.routing._tsp import shortest_tour


class World(NamedTuple):
    """Test instances xy [b, n, 2] and a shortest tour of each, int32 [b, n]."""

    xy: jax.Array
    shortest: jax.Array


class EuclideanTsp(Task):
    """Length of a learner's tours beyond the shortest ones."""

    cities: int = 10
    batch: int = 40  # tours that an update may build
    tests: int = 64

    interface = Tours
    steps = 240
    checkpoints = 4
    metrics = {
        "gap": Metric("min", "length of the tour over that of the shortest one, less 1; mean over instances"),
        "solved": Metric("max", "share of the instances whose tour is within 0.1 % of the shortest one"),
        "tours_built": Metric("info", "tours built for training"),
    }

    @property
    def spec(self) -> RoutingSpec:
        return RoutingSpec(cities=self.cities, batch=self.batch)

    def sample(self, key: jax.Array) -> World:
        xy = jax.random.uniform(key, (self.tests, self.cities, 2))
        return World(xy=xy, shortest=jax.vmap(shortest_tour)(xy))

    def draw(self, world: World, key: jax.Array, learner: Any) -> tuple[World, Instances]:
        return world, Instances(xy=jax.random.uniform(key, (self.batch, self.cities, 2)))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        found = tour_length(world.xy, learner.tour(world.xy))
        gaps = found / tour_length(world.xy, world.shortest) - 1
        return {"gap": gaps.mean(), "solved": (gaps < SOLVED).mean(dtype=gaps.dtype), "tours_built": learner.built()}

    def floor(self, world: World) -> Any:
        """Cities in the order in which they were drawn, a random tour."""
        return self.always(jnp.broadcast_to(jnp.arange(self.cities, dtype=jnp.int32), world.shortest.shape))

    def oracle(self, world: World) -> Any:
        """The shortest tours."""
        return self.always(world.shortest)

    def always(self, tours: jax.Array) -> Any:
        """A learner that gives these tours [b, n] and has built none."""
        return SimpleNamespace(tour=lambda xy: tours, built=lambda: jnp.zeros(()))


SOLVED = 0.001  # of the shortest length: above rounding, below what one exchange of neighbours costs
