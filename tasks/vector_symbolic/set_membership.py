"""How many dimensions a memory of a set needs, so that it rarely errs about any symbol at all.

Isolates the capacity of superposition. A trial fails if any of the 500 symbols is judged wrongly: a union bound
over all tests, so an error of delta a set is delta / 500 a symbol. Sets of 5, 10, 20 and 40 symbols; memories of
dimensions on a ladder; 3 codebooks of the learner's and 60 sets for each. The needed dimension is where the failure
rate crosses delta = 0.05. Dimensions are comparable inside a family of memories; between families compare numbers or
bits. For a sum of random signs the law is

    dimension = 4 n z^2,    z the normal quantile of 1 - delta / symbols    (Hoeffding: at most 8 n ln(symbols/delta))
"""

import math
from types import SimpleNamespace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from toybench import Metric, Task
from toybench.tasks.vector_symbolic import SetMemory, Spec

FAILURES = (0.2, 0.1, 0.05)  # failure rates whose dimensions give the slope in ln(1/delta)


class World(NamedTuple):
    """The order int32 [c, s, n] in which symbols enter each set: the first 5 are the set of 5, and so on."""

    order: jax.Array


class SetMembership(Task):
    """Tell members from others, for all symbols of a set at once."""

    items: int = 20  # the set size that dimension_needed, numbers_needed and bits_needed are about; one of `sizes`
    delta: float = 0.05  # failure rate allowed
    sizes: tuple = (5, 10, 20, 40)  # symbols in a set
    symbols: int = 500  # symbols in all
    codebooks: int = 3  # independent item memories a seed
    sets: int = 60  # sets a codebook
    reach: int = 112  # dimensions a stored symbol, at most

    interface = SetMemory
    steps = 0
    checkpoints = 0
    metrics = {
        "dimension_needed": Metric("min", "dimension at which a share delta of the sets fails, sets of `items`"),
        "numbers_needed": Metric("min", "numbers stored at that dimension"),
        "bits_needed": Metric("min", "bits stored at that dimension"),
        "dimension_over_law": Metric("min", "dimension needed over 4 n z^2, mean of the set sizes"),
        "dimension_over_bound": Metric(
            "min", "dimension needed over 8 n ln(symbols/delta), the worst of the set sizes"
        ),
        "size_exponent": Metric("info", "slope of ln dimension against ln n over the set sizes"),
        "numbers_exponent": Metric("info", "slope of ln numbers stored against ln n over the set sizes"),
        "confidence_slope": Metric("info", "slope of dimension / n against ln(1/delta), mean of the set sizes"),
        "false_negatives": Metric("min", "share of members judged absent, all dimensions and sizes"),
    }

    @property
    def spec(self) -> Spec:
        return Spec(dim=self.reach * max(self.sizes), symbols=self.symbols, codebooks=self.codebooks)

    def sample(self, key: jax.Array) -> World:
        """Every set's symbols in random order."""
        return World(order=jnp.argsort(jax.random.uniform(key, (self.codebooks, self.sets, self.symbols)), -1))

    def evaluate(self, world: World, key: jax.Array, learner: Any) -> dict[str, jax.Array]:
        rank = jnp.argsort(world.order, -1)
        crossings = []
        missed = []
        for n in self.sizes:
            members = rank < n
            dims = learner.ladder(n, self.reach)
            answer = learner.contains(learner.store(members, n, dims), n, dims)
            failures = (answer != members[None]).any(-1).astype(jnp.float32).mean((1, 2))  # [l]
            least = 0.5 / (self.codebooks * self.sets)
            crossings.append([crossing(dims, failures, d, least) for d in (self.delta, *FAILURES)])
            missed.append((~answer & members[None]).sum() / (len(dims) * n * self.codebooks * self.sets))
        return self.summary(jnp.array(crossings), learner, jnp.stack(missed).mean())

    def summary(self, needed: jax.Array, learner: Any, missed: jax.Array) -> dict[str, jax.Array]:
        """Metrics from the dimensions needed [sizes, 1 + len(FAILURES)]: at delta, and at each of FAILURES."""
        sizes = jnp.array(self.sizes, jnp.float32)
        z = jax.scipy.stats.norm.isf(self.delta / self.symbols)
        bound = 8 * sizes * jnp.log(self.symbols / self.delta)
        at = self.sizes.index(self.items)
        numbers = jnp.stack([learner.numbers(d) for d in needed[:, 0]])
        times = jnp.array([math.log(1 / d) for d in FAILURES])
        rises = jnp.stack([slope(times, row) for row in needed[:, 1:] / sizes[:, None]])
        return {
            "dimension_needed": needed[at, 0],
            "numbers_needed": numbers[at],
            "bits_needed": learner.bits(needed[at, 0], self.items),
            "dimension_over_law": jnp.mean(needed[:, 0] / (4 * sizes * z**2)),
            "dimension_over_bound": jnp.max(needed[:, 0] / bound),
            "size_exponent": slope(jnp.log(sizes), jnp.log(needed[:, 0])),
            "numbers_exponent": slope(jnp.log(sizes), jnp.log(numbers)),
            "confidence_slope": jnp.mean(rises),
            "false_negatives": missed,
        }

    def floor(self, world: World) -> Any:
        """Stores nothing, and takes nothing for a member: it fails at the greatest dimension."""
        return self._reference(lambda members: jnp.zeros_like(members), lambda items, reach: (reach * items,))

    def oracle(self, world: World) -> Any:
        """Stores which set it is, one number of as few bits as there are sets: it never errs."""
        return self._reference(lambda members: members, lambda items, reach: (1,))

    def _reference(self, answer: Any, ladder: Any) -> Any:
        return SimpleNamespace(
            ladder=ladder,
            store=lambda members, capacity, dims: members,
            contains=lambda memory, capacity, dims: answer(memory)[None],
            numbers=lambda dim: jnp.ones(()),
            bits=lambda dim, capacity: jnp.full((), math.log2(math.comb(self.symbols, capacity))),
        )


def crossing(dims: tuple[int, ...], failures: jax.Array, delta: Any, least: float) -> jax.Array:
    """Where failures [l] last cross delta: log-linear between two dimensions, the ladder's end if they never do.

    Rates below `least`, half a set, count as half a set.
    """
    high = failures > delta
    last = jnp.where(high.any(), len(dims) - 1 - jnp.argmax(high[::-1]), 0)  # last dimension that fails too often
    after = jnp.minimum(last + 1, len(dims) - 1)
    at = jnp.log(jnp.array(dims, jnp.float32))
    level = jnp.log(jnp.maximum(failures, least))
    run = level[last] - level[after]
    share = jnp.where(run > 0, (level[last] - jnp.log(delta)) / jnp.where(run > 0, run, 1.0), 0.0)
    return jnp.exp(at[last] + jnp.clip(share, 0.0, 1.0) * (at[after] - at[last]))


def slope(x: jax.Array, y: jax.Array) -> jax.Array:
    """Slope of the least-squares line through points [k]."""
    centred = x - x.mean()
    return jnp.sum(centred * y) / jnp.sum(centred**2)
