"""How many symbols two stored sets share, estimated from their memories alone.

Isolates a memory as a sketch: sets of 10 and 12 symbols with 4 in common, 1024 dimensions, 3 codebooks and 60 pairs
for each. For sums of random signs the inner product over the dimension is unbiased, with variance

    (n_x n_y + c^2 - 2 c) / d        c common symbols
"""

from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.vector_symbolic import SetSketch, Spec


class World(NamedTuple):
    """The order int32 [c, s, n] of the symbols of each pair: the first set is a start of it, the second overlaps."""

    order: jax.Array


class SetIntersection(Task):
    """Estimate the size of an intersection; the sizes of the two sets are known."""

    dim: int = 1024  # dimension of a memory
    first: int = 10  # symbols in the first set
    second: int = 12  # symbols in the second set
    common: int = 4  # symbols in both
    symbols: int = 500  # symbols in all
    codebooks: int = 3  # independent item memories a seed
    pairs: int = 60  # pairs of sets a codebook

    interface = SetSketch
    steps = 0
    checkpoints = 0
    metrics = {
        "rmse": Metric("min", "root mean squared error of the estimated intersection, in symbols"),
        "bias": Metric("zero", "mean error of the estimated intersection, in symbols"),
        "rmse_over_law": Metric("min", "rmse over the standard deviation for sums of random signs"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(dim=self.dim, symbols=self.symbols, codebooks=self.codebooks)

    def sample(self, key: jax.Array) -> World:
        """Every pair's symbols in random order."""
        return World(order=jnp.argsort(jax.random.uniform(key, (self.codebooks, self.pairs, self.symbols)), -1))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        rank = jnp.argsort(world.order, -1)
        start = self.first - self.common
        members = rank < self.first, (rank >= start) & (rank < start + self.second)
        capacity = max(self.first, self.second)
        memories = [learner.store(m, capacity, (self.dim,)) for m in members]
        error = learner.intersection(*memories, (self.first, self.second), self.dim) - self.common
        rmse = jnp.sqrt(jnp.mean(error**2))
        variance = (self.first * self.second + self.common**2 - 2 * self.common) / self.dim
        return {"rmse": rmse, "bias": jnp.mean(error), "rmse_over_law": rmse / variance**0.5}

    def floor(self, world: World) -> Any:
        """Half of what is possible, whatever the sets."""
        guess = min(self.first, self.second) / 2
        return self._reference(lambda first, second: jnp.full(first.shape[:2], guess))

    def oracle(self, world: World) -> Any:
        """Counts."""
        return self._reference(lambda first, second: (first & second).sum(-1).astype(jnp.float32))

    def _reference(self, answer: Any) -> Any:
        return SimpleNamespace(
            store=lambda members, capacity, dims: members,
            intersection=lambda first, second, sizes, dim: answer(first, second),
        )
